"""How people ask: per subject, topic and language, the words of a question; `{name}` is the article's."""

QUESTIONS: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "product": {
        "price": {
            "en": ("How much is the {name}?", "What does the {name} cost at the moment?"),
            "de": ("Was kostet der Artikel {name}?",),
            "fr": ("Combien coûte le modèle {name} ?",),
            "es": ("¿Cuánto cuesta {name}?",),
            "ja": ("{name}の値段はいくらですか?",),
        },
        "warranty": {
            "en": ("How long is the warranty of the {name}?", "If the {name} breaks, how long am I covered?"),
            "de": ("Wie lange gilt die Garantie für {name}?",),
            "fr": ("Quelle est la durée de garantie de {name} ?",),
            "it": ("Quanto dura la garanzia di {name}?",),
        },
        "weight": {
            "en": ("How heavy is the {name}?", "What does the {name} weigh?"),
            "nl": ("Hoe zwaar is de {name}?",),
            "es": ("¿Cuánto pesa {name}?",),
        },
        "material": {
            "en": ("What is the {name} made of?", "Which material is used for the {name}?"),
            "de": ("Woraus besteht {name}?",),
            "pt": ("De que material é feito o {name}?",),
        },
        "delivery": {
            "en": ("If I order the {name} today, how long does delivery take?", "When would the {name} get here?"),
            "fr": ("Quel est le délai de livraison de {name} ?",),
            "pl": ("Jak długo trwa dostawa produktu {name}?",),
        },
    },
    "order": {
        "status": {
            "en": ("What is happening with {name}?", "I have heard nothing about {name}. Where does it stand?"),
            "de": ("Wie ist der Stand von {name}?",),
        },
        "arrival": {
            "en": ("When will {name} arrive?", "Will {name} be here by the weekend?"),
            "es": ("¿Cuándo llega {name}?",),
            "ja": ("{name}はいつ届きますか?",),
        },
        "carrier": {"en": ("Who delivers {name}?",), "nl": ("Wie bezorgt {name}?",)},
        "parcels": {"en": ("In how many parcels does {name} come?",), "it": ("In quanti pacchi arriva {name}?",)},
    },
    "policy": {
        "window": {
            "en": ("How long do I have to send something back?",),
            "de": ("Wie lange kann ich Ware zurückgeben?",),
        },
        "refund": {"en": ("When do I get my money back after a return?",), "fr": ("Quand suis-je remboursé ?",)},
        "label": {"en": ("Where do I get a label for my return?",)},
        "free_from": {"en": ("From which amount is shipping free?",), "pt": ("A partir de quanto o envio é grátis?",)},
        "countries": {"en": ("To how many countries do you ship?",)},
        "express": {"en": ("What does express shipping cost?",), "es": ("¿Cuánto cuesta el envío exprés?",)},
    },
    "pet": {
        "heart_rate": {
            "en": ("What was the resting heart rate of {name}, this week?", "Is the pulse of {name}, normal?"),
            "de": ("Wie hoch ist der Ruhepuls von {name}?",),
        },
        "activity": {"en": ("How much did {name}, move each day?",), "es": ("¿Cuánto se ha movido {name}?",)},
        "temperature": {
            "en": ("Does {name}, have a fever?", "What temperature was measured for {name}?"),
            "fr": ("Quelle est la température de {name} ?",),
        },
        "weight_change": {"en": ("Has {name}, lost or gained weight?",)},
    },
}

STATEMENTS: dict[str, str] = {
    "price": "The {name} costs {fact}.",
    "warranty": "The warranty of the {name} lasts {fact}.",
    "weight": "The {name} weighs {fact}.",
    "material": "The {name} is made of {fact}.",
    "delivery": "Delivery of the {name} takes {fact}.",
    "status": "At this moment {name} is {fact}.",
    "arrival": "Expected arrival of {name}: {fact}.",
    "carrier": "The carrier of {name} is {fact}.",
    "parcels": "In all, {name} comes in {fact}.",
    "window": "Goods may be sent back for {fact} after they arrive.",
    "refund": "The money is paid back {fact} after the goods reach us.",
    "label": "The label for a return is {fact}.",
    "free_from": "Shipping is free {fact}.",
    "countries": "We ship to {fact}.",
    "express": "Express shipping costs {fact}.",
    "heart_rate": "The collar of {name}, measured a resting heart rate of {fact}.",
    "activity": "The collar of {name}, counted {fact} of movement.",
    "temperature": "The temperature of {name}, was {fact}.",
    "weight_change": "Over the last month the scale shows for {name}: {fact}.",
}
"""How a document states the fact of a topic."""

VAGUE = (
    "Is it any good?",
    "What about the other one?",
    "Same as last time, right?",
    "And how does that work with the thing from before?",
    "Können Sie mir das noch mal sagen?",
    "C'est possible ou pas ?",
)

REASONING = (
    "A customer buys {n} items at {p} euros each and has a voucher of {v} percent. What is the total? Show the steps.",
    "Order {n} boxes, each holding {v} cups. {p} cups break on the way. How many whole cups are left?",
    "A parcel leaves at {h}:15 and needs {n} hours and {v} minutes. When does it arrive? Think it through.",
    "Three couriers carry {n}, {v} and {p} kg. Which two together carry the most, and how much is that?",
    "A cat should eat {p} g a day. A bag holds {n} kg. For how many full days does it last? Explain each step.",
    "Ein Kunde zahlt {p} Euro und bekommt {v} Prozent zurück. Wie viel hat er am Ende bezahlt?",
    "Si une livraison coûte {v} euros et devient gratuite dès {p} euros, que paie-t-on pour un panier de {n} euros ?",
)

LONG_REASONING = (
    "Write a complete buying guide of at least ten sections for people who choose between {n} kinds of {name}.",
    "List {n} situations in which a customer may return the {name}, and for each explain what the shop should do.",
    "Plan the next {n} weeks of deliveries for {v} warehouses, day by day, and justify every decision at length.",
)

FILLER = (
    "All our parcels are packed without plastic and the boxes are made to be used again.",
    "Customers tell us that they like the plain design and that it fits in small rooms.",
    "The shop in the old harbour is open from Tuesday to Saturday and offers coffee to those who wait.",
    "Please keep the receipt, as our colleagues may ask for it when they look up a purchase.",
    "A short film on the product page shows how it is unpacked, set up and cleaned.",
    "Our team answers in seven languages, and most letters are answered on the same day.",
    "The colours on a screen can differ from those in daylight, so order a sample when it matters.",
    "Since last spring, every article carries a code that leads to its repair instructions.",
)
