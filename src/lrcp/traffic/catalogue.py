"""What the shop sells and what is true of it: each article with facts that a question can ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Article:
    """Something with a name and facts: topic -> the words that answer a question about it."""

    name: str
    facts: dict[str, str]


def _product(name: str, price: str, warranty: str, weight: str, material: str, delivery: str) -> Article:
    facts = {"price": price, "warranty": warranty, "weight": weight, "material": material, "delivery": delivery}
    return Article(name=name, facts=facts)


PRODUCTS = (
    _product("Alto kettle", "39.90 euros", "30 months", "1.1 kg", "brushed steel", "2 working days"),
    _product("Brisa desk fan", "54.00 euros", "24 months", "2.4 kg", "recycled plastic", "3 working days"),
    _product("Cedar bookshelf", "189.00 euros", "10 years", "31 kg", "solid oak", "8 working days"),
    _product("Dune running shoes", "119.50 euros", "12 months", "540 g", "knitted polyester", "2 working days"),
    _product("Ember camping stove", "74.95 euros", "36 months", "820 g", "aluminium", "4 working days"),
    _product("Fjord rain jacket", "149.00 euros", "5 years", "390 g", "ripstop nylon", "3 working days"),
    _product("Gecko phone holder", "17.90 euros", "18 months", "95 g", "silicone", "1 working day"),
    _product("Halo reading lamp", "62.50 euros", "48 months", "1.8 kg", "powder-coated iron", "3 working days"),
    _product("Iris watering can", "24.90 euros", "6 years", "760 g", "galvanised zinc", "5 working days"),
    _product("Juno noise-cancelling headphones", "229.00 euros", "27 months", "248 g", "aluminium", "2 working days"),
    _product("Kiln bread pan", "44.00 euros", "20 years", "2.9 kg", "cast iron", "6 working days"),
    _product("Lumo bicycle light", "32.00 euros", "15 months", "68 g", "polycarbonate", "2 working days"),
)

ORDERS = tuple(
    Article(
        name=f"order {number}",
        facts={"status": status, "arrival": arrival, "carrier": carrier, "parcels": parcels},
    )
    for number, status, arrival, carrier, parcels in (
        ("A-20417", "being packed", "on Friday 14 March", "Northline Post", "two parcels"),
        ("A-20533", "on its way", "tomorrow before noon", "Kurier Süd", "one parcel"),
        ("B-00871", "waiting for payment", "five days after payment", "Northline Post", "three parcels"),
        ("B-01120", "delivered to a neighbour", "yesterday at 16:40", "Velo Express", "one parcel"),
        ("C-77402", "held at customs", "within nine working days", "Atlantic Cargo", "four parcels"),
        ("C-78015", "partly shipped", "on Monday 24 March", "Kurier Süd", "two parcels"),
    )
)

POLICIES = (
    Article(
        name="the returns policy",
        facts={"window": "45 days", "refund": "within six working days", "label": "printed from the account page"},
    ),
    Article(
        name="the shipping policy",
        facts={"free_from": "from 60 euros", "countries": "31 countries", "express": "12.90 euros"},
    ),
)

PETS = tuple(
    Article(name=name, facts={"heart_rate": rate, "activity": active, "temperature": warm, "weight_change": change})
    for name, rate, active, warm, change in (
        ("Momo, a four-year-old beagle", "96 beats per minute", "74 minutes a day", "38.6 degrees", "0.3 kg lost"),
        ("Luna, a nine-year-old cat", "168 beats per minute", "22 minutes a day", "39.4 degrees", "0.6 kg lost"),
        ("Pico, a two-year-old rabbit", "212 beats per minute", "41 minutes a day", "38.9 degrees", "0.1 kg gained"),
        (
            "Rex, an eleven-year-old shepherd",
            "88 beats per minute",
            "35 minutes a day",
            "38.2 degrees",
            "1.2 kg gained",
        ),
    )
)

SUBJECTS: dict[str, tuple[Article, ...]] = {"product": PRODUCTS, "order": ORDERS, "policy": POLICIES, "pet": PETS}
"""The articles by subject; every article of a subject has the same topics."""
