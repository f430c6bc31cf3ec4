"""Guard: whether two questions that an embedding holds for the same may share an answer.

An embedding sees what a question is about, and hardly what is said about it: with or without a `not`, 20 mg or 200,
Lyon or Paris, euros to dollars or dollars to euros come out almost alike. So a hit must also have the same negation,
numbers and units, content words (names, ids, codes and quotations among them), roles, order, question and language. What
the words mean is taken from lexicon.py. In doubt it says no: that costs a hit, a wrong yes costs an answer.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

import msgspec

from lrcp.gateway.cache.lexicon import (
    ANTONYMS,
    DIRECTIONS,
    MODALS,
    NEGATIONS,
    NUMBER_WORDS,
    OWNERS,
    PAST,
    PHRASES,
    POLAR,
    PRESENT,
    QUESTIONS,
    RELATIONS,
    STOP_WORDS,
    SYNONYMS,
    is_number_word,
)
from lrcp.gateway.cache.stemming import foreign_stem, stem


class Traits(msgspec.Struct, frozen=True):
    """What must agree. content: stems in their order; roles: stem -> the direction word before it.

    agent: stem of who does it, where a sentence in the passive says so after `by`. contrasted: with a `but`, the words
    before the first negation, for it matters which half of the sentence is the negated one.
    """

    language: str
    script: str
    negations: int
    numbers: tuple[str, ...]
    codes: frozenset[str]
    content: tuple[str, ...]
    roles: Mapping[str, str]
    questions: frozenset[str]
    mood: str
    obliges: bool
    tense: str
    owners: frozenset[str]
    agent: str
    contrasted: frozenset[str]


_TOKEN: Final = re.compile(
    r"https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+"  # addresses
    r"|\d+(?:[.,:/-]\d+)*"  # numbers, times, dates, versions
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*|[\w#+]+|[$€£¥%°<>=]"
)
_QUOTED: Final = re.compile(r"\"([^\"]{1,200})\"|“([^”]{1,200})”|`([^`]{1,200})`|«([^»]{1,200})»")
_CODE: Final = re.compile(r"(?=.*\d)(?=.*[^\W\d])[\w.#+-]+")
_GLUED: Final = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]{1,3}|%|°[cf])$")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ORDINAL: Final = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_PHRASE: Final = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(p) for p in sorted(PHRASES, key=len, reverse=True)) + r")(?!\w)"
)
_QUESTION_OF: Final = {phrase: kind for kind, phrases in QUESTIONS.items() for phrase in phrases}
_QUESTION: Final = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(p) for p in sorted(_QUESTION_OF, key=len, reverse=True)) + r")(?!\w)"
)
_OPEN: Final = frozenset({"how", "what", "which", "why", "who", "when", "where"})
_BEFORE_WHEN: Final = POLAR | {"what", "how", "why", "can", "could", "may", "would"}
_COUNTED: Final = "counted"
_BUT: Final = frozenset({"but", "aber", "pero", "mais", "sondern", "sino"})
_TO_ME: Final = "to me: "
_PASSIVE: Final = frozenset({"is", "are", "was", "were", "be", "been", "being", "got"})
_NEGATIONS: Final = frozenset().union(*NEGATIONS.values())
_SYNONYM_OF: Final = {stem(word): stem(group.split()[0]) for group in SYNONYMS for word in group.split()}
_STOP_STEMS: Final = frozenset(stem(word) for word in STOP_WORDS["en"] if len(word) > 3)
_OPPOSITES: Final = frozenset(
    frozenset(_SYNONYM_OF.get(stem(word), stem(word)) for word in pair.split()) for pair in ANTONYMS
)
_DASHES: Final = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": " ", "…": " "})


def traits_of(text: str) -> Traits:
    """What of a question must agree with another's."""
    plain = _normalise(text)
    lowered = _PHRASE.sub(lambda match: PHRASES[match[1]], plain.lower())
    tokens = _TOKEN.findall(lowered)
    language = guess_language(tokens)
    content, roles = _content_of(_TOKEN.findall(_QUESTION.sub(_mark_count, lowered)), language)
    return Traits(
        language=language,
        script=_script_of(plain),
        negations=_count_negations(tokens, language),
        numbers=tuple(_numbers_of(tokens)),
        codes=frozenset(_codes_of(plain)),
        content=content,
        roles=roles,
        questions=_questions_of(lowered),
        mood=_mood_of(tokens),
        obliges=_obliges(tokens),
        tense=_tense_of(tokens),
        owners=_owners_of(tokens),
        agent=_agent_of(tokens, roles),
        contrasted=_contrasted(tokens, language),
    )


def find_conflict(one: Traits, other: Traits) -> str:
    """Why two questions may not share an answer, as a word for counters; '' when they may."""
    if one.script != other.script or _differ(one.language, other.language):
        return "language"
    if one.negations != other.negations or one.contrasted != other.contrasted:
        return "negation"
    if one.numbers != other.numbers:
        return "number"
    if one.codes != other.codes:
        return "entity"
    if one.questions != other.questions or _differ(one.mood, other.mood):
        return "question"
    if one.obliges != other.obliges or _differ(one.tense, other.tense):
        return "modality"
    if _owners_differ(one.owners, other.owners):
        return "owner"
    return _content_conflict(one, other) or _order_conflict(one, other)


def _differ(one: str, other: str) -> bool:
    """Whether both are known, and not the same."""
    return bool(one and other and one != other)


def _owners_differ(one: frozenset[str], other: frozenset[str]) -> bool:
    if {word for word in one ^ other if word.startswith(_TO_ME)}:
        return True
    mine, theirs = (frozenset(word for word in words if not word.startswith(_TO_ME)) for words in (one, other))
    return bool(mine and theirs and mine.isdisjoint(theirs))


def _content_conflict(one: Traits, other: Traits) -> str:
    mine, theirs = set(one.content) - set(other.content), set(other.content) - set(one.content)
    if not mine and not theirs:
        return "" if Counter(one.content).keys() else "content"
    if any(frozenset((a, b)) in _OPPOSITES for a in mine for b in theirs):
        return "antonym"
    return "content"


def _order_conflict(one: Traits, other: Traits) -> str:
    """Roles that changed, or two words that changed places around others."""
    if one.agent and other.agent:
        return "" if one.agent == other.agent else "order"
    if one.agent or other.agent:
        agent, active = (one.agent, other) if one.agent else (other.agent, one)
        return "" if active.content[0] == agent else "order"
    if any(other.roles.get(word, role) != role for word, role in one.roles.items()):
        return "direction"
    ends, other_ends = _by_role(one.roles), _by_role(other.roles)
    if any(other_ends.get(role, words) != words for role, words in ends.items()):
        return "direction"
    if ("from" in ends) != ("from" in other_ends) and "to" not in ends.keys() & other_ends.keys():
        return "direction"
    mine, theirs = _once_each(one.content), _once_each(other.content)
    moved = [index for index, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    if len(moved) == 2 and moved[1] - moved[0] > 1:
        return "order"
    return ""


def _by_role(roles: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The words after each word of direction."""
    return {role: frozenset(word for word in roles if roles[word] == role) for role in set(roles.values())}


def _once_each(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _normalise(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    plain = _THOUSANDS.sub("", plain)
    return _ORDINAL.sub(r"\1", plain)


def guess_language(tokens: Iterable[str]) -> str:
    """The one of four languages that most of the small words are of; '' when that is not clear."""
    found = Counter(language for token in tokens for language, words in STOP_WORDS.items() if token in words)
    ranked = found.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] <= ranked[1][1]):
        return ""
    return ranked[0][0]


def _script_of(text: str) -> str:
    """The script that most letters are of, by the first word of their Unicode names."""
    names = Counter(unicodedata.name(char, "?").split(" ")[0] for char in text if char.isalpha())
    return names.most_common(1)[0][0] if names else ""


def _count_negations(tokens: Iterable[str], language: str) -> int:
    words = NEGATIONS.get(language, _NEGATIONS)
    count = sum(token in words or token.endswith("n't") for token in tokens)
    return min(count, 1) if language in ("fr", "") else count


def _contrasted(tokens: list[str], language: str) -> frozenset[str]:
    if _BUT.isdisjoint(tokens) or not _count_negations(tokens, language):
        return frozenset()
    words = NEGATIONS.get(language, _NEGATIONS)
    first = next(index for index, token in enumerate(tokens) if token in words or token.endswith("n't"))
    return frozenset(_content_of(tokens[:first], language)[0])


def _numbers_of(tokens: list[str]) -> Iterable[str]:
    """Digits and number words as digits, each with the unit right after it where the two are written as one."""
    for token in tokens:
        if token[0].isdigit():
            glued = _GLUED.match(token)
            yield _plain_number(glued[1]) if glued else _plain_number(token)
        elif is_number_word(token):
            yield NUMBER_WORDS[token]


def _plain_number(number: str) -> str:
    """12.50 is 12.5; dates, times and versions stay as they are."""
    body = number.rstrip("%")
    return body.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", body) else body


def _codes_of(plain: str) -> Iterable[str]:
    """What is quoted, and what mixes letters with digits: ids, versions of things, models of machines."""
    for match in _QUOTED.finditer(plain):
        yield next(group for group in match.groups() if group is not None).strip().lower()
    for token in plain.split():
        word = token.strip(".,;:!?()[]\"'`").lower()
        if _CODE.fullmatch(word) and not _GLUED.fullmatch(word):
            yield word


def _questions_of(lowered: str) -> frozenset[str]:
    """What kinds of answer are wanted; none for what, which, how and requests. `What happens when` asks for no time."""
    words = {match[1] for match in _QUESTION.finditer(lowered)}
    if lowered.lstrip().partition(" ")[0] in _BEFORE_WHEN:
        words.discard("when")
    return frozenset(_QUESTION_OF[word] for word in words)


def _mood_of(tokens: list[str]) -> str:
    """Whether a yes or no is wanted, or something else; '' for requests, which may mean either."""
    first = tokens[0] if tokens else ""
    return "polar" if first in POLAR else "open" if first in _OPEN else ""


def _mark_count(match: re.Match[str]) -> str:
    """A kind of question is no content; but what is to be counted after `how many` has a role of its own."""
    return f" {_COUNTED} " if match[1] in ("how many", "number of") else " "


def _obliges(tokens: list[str]) -> bool:
    return bool(tokens) and tokens[0] in MODALS


def _owners_of(tokens: list[str]) -> frozenset[str]:
    """Whose things are spoken of, and whether something is done to the one who asks."""
    owners = {OWNERS[token] for token in tokens if token in OWNERS}
    done = {f"{_TO_ME}{stem(verb)}" for verb, token in pairwise(tokens) if token == "me"}
    return frozenset(owners | done)


def _agent_of(tokens: list[str], roles: Mapping[str, str]) -> str:
    """Who does it in a sentence in the passive; '' in others."""
    if _PASSIVE.isdisjoint(tokens):
        return ""
    return next((word for word, role in roles.items() if role == "by"), "")


def _tense_of(tokens: list[str]) -> str:
    past, present = not PAST.isdisjoint(tokens), not PRESENT.isdisjoint(tokens)
    return "past" if past and not present else "present" if present and not past else ""


def _content_of(tokens: list[str], language: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The words that say what it is about, as stems, and which of them follow a word of direction."""
    language = language or "en"
    content: list[str] = []
    roles: dict[str, str] = {}
    direction = ""
    for token in tokens:
        if token in DIRECTIONS[language] or token == _COUNTED:
            direction = token
        elif not _is_small(token, language):
            word = _root_of(token, language)
            content.append(word)
            if direction or token.endswith("'s"):
                roles[word], direction = direction or "'s", ""
    return tuple(content), roles


def _is_small(token: str, language: str) -> bool:
    """Whether a token is no content: a small word, or looked at elsewhere (numbers, negations, kinds of question)."""
    if token in RELATIONS:
        return False
    if token in STOP_WORDS[language] or is_number_word(token) or token.endswith("n't"):
        return True
    if language == "en" and stem(token) in _STOP_STEMS:
        return True
    return token in _NEGATIONS or (token[0].isdigit() and not _GLUED.match(token))


def _root_of(token: str, language: str) -> str:
    """The stem, or that of the first of its synonyms; a unit glued to its number stands for itself."""
    glued = _GLUED.match(token)
    word = glued[2] if glued else token
    if language != "en":
        return foreign_stem(word, language)
    root = stem(word.removesuffix("'s"))
    return _SYNONYM_OF.get(root, root)
