"""Questions made of templates, for the semantic cache's benchmark: other templates and words for each part.

A block is one filling of a template: its wordings mean the same; its near misses have one slot filled otherwise, a
negation put in, or two slots exchanged.
"""

from collections.abc import Iterator
from itertools import product
from typing import Final

Block = list[tuple[str, str]]

_DEV: Final = (
    (
        (
            "How do I install {software} on {system}?",
            "How can I install {software} on {system}?",
            "install {software} on {system}",
        ),
        (
            "negation:How do I avoid installing {software} on {system}?",
            "antonym:How do I uninstall {software} on {system}?",
        ),
        {"software": ("Blender", "Firefox", "Docker"), "system": ("Ubuntu", "Windows 11", "macOS")},
    ),
    (
        (
            "What is {share} percent of {amount}?",
            "How much is {share} percent of {amount}?",
            "Calculate {share}% of {amount}",
        ),
        ("order:What is {amount} percent of {share}?",),
        {"share": ("15", "20", "35"), "amount": ("80", "240", "1500")},
    ),
    (
        (
            "Is the shop in {city} open on {day}?",
            "Is the {city} shop open on {day}?",
            "is the store in {city} open on {day}",
        ),
        ("negation:Is the shop in {city} not open on {day}?", "antonym:Is the shop in {city} closed on {day}?"),
        {"city": ("Leeds", "Porto", "Graz"), "day": ("Monday", "Saturday", "Christmas")},
    ),

    (
        ("Which visa do I need to travel from {origin} to {goal}?", "I travel from {origin} to {goal}, which visa do I need?",
         "What visa is needed for travelling from {origin} to {goal}?"),
        ("order:Which visa do I need to travel from {goal} to {origin}?",
         "negation:Which visa do I not need to travel from {origin} to {goal}?"),
        {"origin": ("Kenya", "Vietnam", "Canada", "Morocco"), "goal": ("Brazil", "Norway", "japan", "new zealand")},
    ),
    (
        ("How many grams of {stuff} are in {count} cups?", "{count} cups of {stuff} in grams", "How many grams do {count} cups of {stuff} have?"),
        ("antonym:How many cups of {stuff} are in {count} grams?",),
        {"stuff": ("flour", "sugar", "rice", "butter"), "count": ("2", "3", "2.5", "12")},
    ),
    (
        ("Will it {weather} in {place} {when}?", "Is it going to {weather} in {place} {when}?", "will it {weather} {when} in {place}"),
        ("negation:Will it not {weather} in {place} {when}?", "question:When will it {weather} in {place} {when}?"),
        {"weather": ("rain", "snow"), "place": ("Oslo", "denver", "Cork"), "when": ("today", "tomorrow", "next week")},
    ),
    (
        ("Is {person} older than {other}?", "Is {person} older than {other} is?", "{person} is older than {other}, right?"),
        ("order:Is {other} older than {person}?", "antonym:Is {person} younger than {other}?",
         "negation:Is {person} not older than {other}?"),
        {"person": ("Anna Weber", "Tom Okafor", "li wei"), "other": ("Maria Lopez", "Jack Dunn", "Priya Nair")},
    ),
    (
        ("Please move my appointment on {day} to {hour}", "Can you move my {day} appointment to {hour}?", "move my appointment on {day} to {hour}"),
        ("negation:Please don't move my appointment on {day} to {hour}", "antonym:Please cancel my appointment on {day} at {hour}"),
        {"day": ("May 3", "May 13", "June 3"), "hour": ("3 pm", "3 am", "4 pm")},
    ),
    (
        ("Does {medicine} {dose} mg make you {effect}?", "Can {medicine} {dose} mg make you {effect}?",
         "does taking {dose} mg of {medicine} make you {effect}"),
        ("negation:Does {medicine} {dose} mg not make you {effect}?",),
        {"medicine": ("loratadine", "cetirizine", "zopiclone"), "dose": ("5", "10", "50"), "effect": ("sleepy", "hungry", "dizzy")},
    ),
    (
        ("What is the status of ticket {ticket}?", "status of ticket {ticket}", "Tell me the status of ticket {ticket} please"),
        ("negation:Why is there no status of ticket {ticket}?",),
        {"ticket": ("OPS-1042", "OPS-1024", "DEV-1042", "ops-10421", "4471", "4417")},
    ),
    (
        ("How tall is {person}?", "What is the height of {person}?", "how tall is {person} exactly"),
        ("question:How old is {person}?", "antonym:How small is {person}?", "negation:How tall is {person} not?"),
        {"person": ("Usain Bolt", "lady gaga", "Angela Merkel", "Simone Biles", "yao ming")},
    ),
    (
        ("Transfer {sum} euros from {source} to {sink}", "Please transfer {sum} euros from {source} to {sink}",
         "Can you transfer {sum} € from {source} to {sink}?"),
        ("order:Transfer {sum} euros from {sink} to {source}", "negation:Do not transfer {sum} euros from {source} to {sink}"),
        {"sum": ("50", "500", "55"), "source": ("checking", "savings"), "sink": ("Paul", "Mia", "the depot")},
    ),
    (
        ("Can I take {drug} while {state}?", "Is it ok to take {drug} while {state}?", "may I take {drug} while {state}"),
        ("negation:Can I take {drug} while not {state}?", "antonym:Can I stop {drug} while {state}?",
         "order:Can I be {state} while taking no {drug}?"),
        {"drug": ("amoxicillin", "melatonin", "aspirin", "vitamin b12", "vitamin b6"), "state": ("pregnant", "driving", "fasting")},
    ),
    (
        ("Does {tool} support {feature}?", "Is {feature} supported by {tool}?", "Is there support for {feature} in {tool}?"),
        ("negation:Does {tool} not support {feature}?", "question:How does {tool} support {feature}?", "tense:Did {tool} support {feature}?"),
        {"tool": ("PostgreSQL 16", "PostgreSQL 15", "MySQL 8", "redis"), "feature": ("JSON", "sharding", "full text search")},
    ),
    (
        ("How far is it from {one} to {other}?", "What is the distance from {one} to {other}?", "distance from {one} to {other}"),
        ("question:How long does it take from {one} to {other}?", "entity:How far is it from {one} to the sea?"),
        {"one": ("Lima", "cusco", "Quito"), "other": ("Santiago", "La Paz", "bogotá")},
    ),
    (
        ("Book a table for {count} on {day} at {hour}", "Please book a table for {count} on {day} at {hour}",
         "I want to book a table for {count} on {day} at {hour}"),
        ("negation:Don't book a table for {count} on {day} at {hour}", "antonym:Cancel the table for {count} on {day} at {hour}"),
        {"count": ("two", "four", "12"), "day": ("Friday", "Sunday"), "hour": ("7 pm", "8 pm", "7:30 pm")},
    ),
    (
        ("Why did sales {move} in {month}?", "What is the reason sales {move} in {month}?", "why did our sales {move} in {month}"),
        ("negation:Why did sales not {move} in {month}?", "question:Did sales {move} in {month}?"),
        {"move": ("rise", "fall", "stagnate"), "month": ("March", "April", "Q3", "Q4")},
    ),
)  # fmt: skip

_HELDOUT: Final = (
    (
        ("When does the {kind} from {one} to {two} leave?", "What time does the {kind} from {one} to {two} leave?",
         "At what time is the {kind} from {one} to {two} leaving?"),
        ("order:When does the {kind} from {two} to {one} leave?", "negation:When does the {kind} from {one} to {two} not leave?",
         "antonym:When does the {kind} from {one} to {two} arrive?"),
        {"kind": ("ferry", "night train"), "one": ("Split", "bari", "Durres"), "two": ("Corfu", "ancona", "Pula")},
    ),
    (
        ("Is {amount} of {food} a day too much?", "Is eating {amount} of {food} a day too much?", "{amount} of {food} a day, is that too much?"),
        ("negation:Is {amount} of {food} a day not too much?", "antonym:Is {amount} of {food} a day too little?"),
        {"amount": ("50 g", "150 g", "2 cups", "two spoons"), "food": ("nuts", "cheese", "red meat", "kale")},
    ),
    (
        ("Send invoice {number} to {person}", "Please send invoice {number} to {person}", "Can you send {person} invoice {number}?"),
        ("negation:Don't send invoice {number} to {person}", "negation:Never send invoice {number} to {person}",
         "direction:Send invoice {number} from {person}"),
        {"number": ("2024-118", "2024-181", "77", "770"), "person": ("Dr. Kim", "alice", "Bob Miller", "ACME")},
    ),
    (
        ("Can {animal} live with {other}?", "Are {animal} able to live with {other}?", "can {animal} live together with {other}"),
        ("negation:Can {animal} live without {other}?", "negation:Why can't {animal} live with {other}?"),
        {"animal": ("rabbits", "parrots", "turtles", "ferrets"), "other": ("hamsters", "goldfish", "puppies")},
    ),
    (
        ("Which {thing} did {team} win in {year}?", "What {thing} did {team} win in {year}?", "which {thing} has {team} won in {year}"),
        ("antonym:Which {thing} did {team} lose in {year}?", "negation:Which {thing} did {team} not win in {year}?"),
        {"thing": ("cup", "league"), "team": ("Ajax", "Real Madrid", "boca juniors"), "year": ("1995", "2005", "2015")},
    ),
)  # fmt: skip

_TEMPLATES: Final = {"dev": _DEV, "heldout": _HELDOUT}


def make_blocks(part: str) -> Iterator[Block]:
    """The blocks of `dev` or `heldout`."""
    for wordings, misses, slots in _TEMPLATES[part]:
        for filling in _fillings(slots):
            block: Block = [("paraphrase", wording.format(**filling)) for wording in wordings]
            block += [(kind, text.format(**filling)) for kind, _, text in (miss.partition(":") for miss in misses)]
            block += [
                (_kind_of(value), wordings[0].format(**{**filling, slot: value}))
                for slot, value in _others(slots, filling)
            ]
            yield block


def _fillings(slots: dict[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    for values in product(*slots.values()):
        yield dict(zip(slots, values, strict=True))


def _others(slots: dict[str, tuple[str, ...]], filling: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each slot with each of its other values."""
    for slot, values in slots.items():
        yield from ((slot, value) for value in values if value != filling[slot])


def _kind_of(value: str) -> str:
    return "number" if any(char.isdigit() for char in value) else "entity"
