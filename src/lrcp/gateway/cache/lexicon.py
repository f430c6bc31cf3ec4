"""The words that the guard knows, by language: those that carry no content, and those that turn a question round.

Written for questions to assistants in general. What is not here counts as content, and content must be the same: a
missing word costs a hit, a wrong one an answer. So groups of synonyms hold only words that are so in any context.
"""

from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "en": _words(
        """a an the this that these those it its it's i me my mine we us our ours you your yours he him his she her hers
        they them their theirs someone somebody anyone anybody one is are was were be been being am do does did done doing
        have has had having can could will would shall should may might must ought to of in on at by for with as and or during
        about into onto upon via per if then so such there here what which who whom whose when where why how is's what's
        i'm i'd i've i'll you're it'll let's let's lets please pls plz hi hello hey thanks thank kindly just also too very
        really actually basically exactly simply currently properly correctly quickly easily possibly maybe perhaps
        some any way ways method step steps process procedure instruction instructions guide manner thing things need
        needs needed want wants wanted wish like know knowing tell told explain explained describe give show showing
        help helps say says mean meaning means possible able go going gets getting get got make makes making made
        trying try tries tried look looking find finding wonder wondering question ask asking answer advise information
        info detail details wanna gonna dear assist assistance learn understand proper best recommended good
        work works happen happens happened happening quick easy simple briefly brief short definition define overview
        take takes took taken using use used uses allowed permitted let possible"""
    ),
    "de": _words(
        """der die das den dem des ein eine einen einem einer eines ich mich mir mein meine meinen meinem meiner du dich
        dir dein deine er sie es wir uns unser unsere ihr ihre sich man ist sind war waren sein bin bist hat habe haben
        hatte werden wird kann können könnte könnten soll sollte muss müssen darf möchte will wollen würde zu um in im am
        an auf bei mit für als und oder über wenn dann so was wer wen wem wann wo warum wieso weshalb wie welche welcher
        welches bitte danke hallo hi gibt geht machen mache tun erklären erkläre erklär zeigen sagen wissen brauche
        brauchen auch nur denn mal hier da dass genau eigentlich"""
    ),
    "es": _words(
        """el la los las un una unos unas de del al en con por para que qué quién quien cuándo cuando dónde donde cómo como
        cuál cual por y o u es son era eran ser está están estar soy hay ha han he puedo puede pueden podría debo debe
        tengo tiene quiero quisiera necesito me mi mis te tu tus se su sus lo le nos nuestro nuestra favor gracias hola
        hacer hago explica explicar explícame dime decir saber si yo usted esto este esta eso"""
    ),
    "fr": _words(
        """le la les un une des du de d l et ou à au aux en dans avec pour par sur que qu quoi qui quand où comment pourquoi
        quel quelle quels quelles est sont était être suis a ai as ont avoir peut peux puis pourrait dois doit je j tu il
        elle on nous vous ils me m mon ma mes ton ta tes son sa ses notre nos votre vos se s ce c cette cet ces ça y
        faire fais fait veux voudrais souhaite s'il plaît svp merci bonjour expliquer expliquez explique dire dites
        savoir si"""
    ),
}

NEGATIONS: Final[Mapping[str, frozenset[str]]] = {
    "en": _words(
        """not no never none nothing nobody nowhere neither nor cannot without except excluding exclude excluded unless
        lack lacks lacking unable impossible fail fails failed failing failure hardly barely rarely seldom refuse
        refuses avoid avoiding avoided prevent prevents preventing stop stops stopped stopping minus non unlikely instead
        rather forbidden prohibited false wrong incorrect"""
    ),
    "de": _words(
        "nicht kein keine keinen keinem keiner nie niemals nichts niemand ohne außer weder noch unmöglich vermeiden"
        " verhindern statt falsch"
    ),
    "es": _words("no nunca jamás nada nadie ningún ninguno ninguna sin excepto salvo tampoco imposible evitar falso"),
    "fr": _words("ne n pas jamais rien personne aucun aucune sans sauf ni impossible éviter faux"),
}
"""Each turns what is asked round once. French says it twice, and is counted by whether at all."""

QUESTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "why": ("why", "how come", "what reason", "reason", "reasons", "warum", "wieso", "weshalb", "por qué", "pourquoi"),
    "who": ("who", "whom", "which team", "which person", "which player", "which people", "whose", "wer", "wen", "wem", "wessen", "quién", "quiénes", "qui"),
    "when": ("when", "what time", "what date", "which date", "which year", "what year", "which day", "what day",
             "wann", "cuándo", "quand"),
    "where": ("where", "what place", "which place", "wo", "woher", "wohin", "dónde", "adónde", "où"),
    "how many": ("how many", "number of", "wie viele", "wieviele", "cuántos", "cuántas", "combien de"),
    "how much": ("how much", "price", "prices", "pricing", "cost", "costs", "wie viel", "wieviel", "cuánto", "cuánta", "combien"),
    "how long": ("how long", "how many minutes", "how many hours", "how many days", "how many weeks", "how many months",
                 "wie lange", "cuánto tiempo", "combien de temps"),
    "how often": ("how often", "how frequently", "wie oft", "con qué frecuencia", "combien de fois"),
    "how far": ("how far", "wie weit"),
    "how old": ("how old", "wie alt"),
    "difference": ("difference", "differ", "compare", "versus", "vs", "unterschied", "diferencia", "différence"),
}  # fmt: skip
"""What is wanted: a question for one of these is never one for another, nor for none of them. Longer words first."""

NUMBER_WORDS: Final[Mapping[str, str]] = {
    word: str(value)
    for value, words in {
        0: "zero null cero zéro",
        2: "two second twice both double couple pair zwei zweite zweimal dos segundo deux deuxième",
        3: "three third thrice triple drei dritte tres tercero trois troisième",
        4: "four fourth vier vierte cuatro cuarto quatre quatrième",
        5: "five fifth fünf fünfte cinco quinto cinq cinquième",
        6: "six sixth sechs sechste seis sexto sixième",
        7: "seven seventh sieben siebte siete séptimo sept septième",
        8: "eight eighth acht achte ocho octavo huit huitième",
        9: "nine ninth neun neunte nueve noveno neuf neuvième",
        10: "ten tenth zehn zehnte diez décimo dix dixième",
        11: "eleven eleventh elf once onze",
        12: "twelve twelfth dozen zwölf doce douze",
        13: "thirteen dreizehn trece treize",
        14: "fourteen fortnight vierzehn catorce quatorze",
        15: "fifteen fünfzehn quince quinze",
        16: "sixteen sechzehn dieciséis seize",
        17: "seventeen siebzehn diecisiete",
        18: "eighteen achtzehn dieciocho",
        19: "nineteen neunzehn diecinueve",
        20: "twenty zwanzig veinte vingt",
        30: "thirty dreißig treinta trente",
        40: "forty vierzig cuarenta quarante",
        50: "fifty fünfzig cincuenta cinquante",
        60: "sixty sechzig sesenta soixante",
        70: "seventy siebzig setenta",
        80: "eighty achtzig ochenta",
        90: "ninety neunzig noventa",
        100: "hundred hundreds hundert cien ciento cent",
        1000: "thousand thousands tausend mil mille",
        1_000_000: "million millions millón millones",
        1_000_000_000: "billion billions milliarde milliarden milliard",
    }.items()
    for word in words.split()
}
_NOT_NUMBERS: Final = _words("once second acht")
"""Spelled like a number in one language and like something else in another."""

RELATIONS: Final = _words(
    """before after above below under over until till since within inside outside beyond between among against
    toward towards behind beneath beside near across through than least most more less fewer greater lower higher
    only all every each always whole entire same different other another again still already yet out up down off away back
    vor nach über unter seit während innerhalb außerhalb zwischen gegen mehr weniger immer alle nur bis
    antes después sobre bajo desde durante dentro fuera entre contra hacia más menos siempre todos todo solo hasta
    avant après sous depuis pendant dedans dehors entre contre vers plus moins toujours tous tout seulement jusqu"""
)
"""Small words that place one thing against another: they are never left out."""

DIRECTIONS: Final[Mapping[str, frozenset[str]]] = {
    "en": _words("from to by than onto"),
    "de": _words("von nach aus zu durch als"),
    "es": _words("de a desde hasta hacia por"),
    "fr": _words("de à vers depuis par"),
}
"""Words after which the next one has a role: the same word with another role is another question."""

MODALS: Final = _words(
    "should must ought required mandatory necessary obligatory sollte sollen soll muss debo debería dois doit"
)
PAST: Final = _words("was were did had war waren wurde wurden hatte era eran fue fueron était étaient")
PRESENT: Final = _words("is are am do does will ist sind wird werden es son será sont est sera")
POLAR: Final = _words("is are was were do does did has have had will am must should")
"""A question that begins so wants a yes or a no. Those with can or could are as often requests."""

OWNERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("my", "mine", "our", "ours", "mein", "meine", "mi", "mis", "mon", "ma", "mes"), "first"),
    **dict.fromkeys(("your", "yours", "dein", "deine", "tu", "tus", "ton", "ta", "tes", "votre", "vos"), "second"),
    **dict.fromkeys(("his", "her", "hers", "their", "theirs"), "third"),
}

PHRASES: Final[Mapping[str, str]] = {
    "what should i do": "what to do", "do i have to": "should", "do i need to": "should", "is it true that": "did",
    "is it right that": "did", "is it ok for": "can", "is it okay for": "can", "is there a way to": "", "is there any way to": "",
    "do you know": "", "check out": "checkout", "check in": "checkin", "check-in": "checkin", "check-out": "checkout",
    "can you tell me": "", "could you tell me": "", "can you explain": "", "could you explain": "", "can you show me": "",
    "i want to know": "", "i'd like to know": "", "i would like to know": "", "tell me": "", "give me": "", "show me": "", "help me": "", "let me": "", "write me": "write", "explain to me": "",
    "am i able to": "can", "are you able to": "can", "is it allowed to": "can", "would it be possible to": "",
    "sign up": "register", "signing up": "register", "sign me up": "register", "sign in": "login", "signing in": "login",
    "log in": "login", "logging in": "login", "log into": "login", "sign into": "login", "log out": "logout",
    "sign out": "logout", "log off": "logout", "set up": "install", "setting up": "install", "set-up": "install",
    "get rid of": "remove", "take out": "remove", "turn on": "enable", "switch on": "enable", "turn off": "disable",
    "switch off": "disable", "shut off": "disable", "carry out": "perform", "get back": "recover", "give back": "return",
    "send back": "return", "bring back": "return", "call off": "cancel", "look up": "search", "fill out": "fill",
    "fill in": "fill", "e mail": "email", "e-mail": "email", "phone number": "phone", "telephone number": "phone",
    "credit card": "card", "money back": "refund", "u s": "usa", "united states": "usa", "united kingdom": "uk",
    "right now": "", "at the moment": "", "in order to": "", "step by step": "", "as well as": "and", "how to": "how",
    "how come": "why", "no longer": "not", "any more": "", "prior to": "before", "into": "to", "more than": "over", "less than": "under",
    "at least": "minimum", "at most": "maximum", "as soon as possible": "", "am i allowed": "can", "go about": "",
    "going about": "", "get in touch with": "contact", "get hold of": "contact", "reach out to": "contact",
    "find out": "", "figure out": "", "point me to": "", "walk me through": "", "what's": "what is", "who's": "who is",
    "where's": "where is", "how's": "how is", "when's": "when is", "take place": "occur", "pick up": "collect",
    "is it possible to": "can", "is it possible": "can", "up to date": "current", "made of": "consist", "made up of": "consist", "fall asleep": "sleep",
}  # fmt: skip
"""Several words that are as good as one, or as none."""

SYNONYMS: Final[tuple[str, ...]] = (
    "renew renewal", "rent rental", "replace replacement", "deliver delivery shipping shipment ship", "cancel cancellation",
    "pay payment paid", "register registration", "arrive arrival", "depart departure", "approve approval", "remove removal",
    "withdraw withdrawal", "apply application-for", "translate translation", "convert conversion", "compare comparison",
    "subscribe subscription", "activate activation", "verify verification", "summarize summary", "boil boiling",
    "construct build built construction building-of", "invite invitation", "refuse refusal", "transfer transferral",
    "grow growth", "lose loss lost", "choose choice chosen", "know knowledge", "sell sale sold", "buy purchase bought",
    "cancel terminate", "delete remove erase", "change modify alter edit",
    "begin start commence began", "finish complete finished", "repair fix fixed mend", "create make",
    "photo picture photograph image", "car automobile vehicle", "physician doctor", "movie film", "phone telephone cellphone",
    "laptop notebook", "big large huge", "small little tiny", "fast quick rapid speedy", "sick ill", "kid child children",
    "error fault bug problem issue trouble", "broken defective faulty", "choose select pick", "contact reach", "receive obtain", "locate find found",
    "download downloading", "teach instruct taught", "aid assist", "shop store", "trip journey", "holiday vacation",
    "salary wage pay-cheque", "job employment", "company firm business", "employee worker staff", "client customer",
    "attorney lawyer", "apartment flat", "garbage trash rubbish waste", "elevator lift", "gasoline petrol", "soccer football",
    "cellphone mobile smartphone", "tv television", "bike bicycle", "plane airplane aircraft aeroplane", "airport airfield",
    "usa america us", "uk britain", "country nation", "city town", "ocean sea", "stone rock", "rich wealthy", "poor impoverished",
    "happy glad", "angry mad furious", "afraid scared", "smart clever intelligent", "difficult hard tough", "required mandatory",
    "important significant crucial", "main primary principal", "typical usual common", "effect impact consequence",
    "benefit advantage", "drawback disadvantage", "function feature", "occur occurred occurring",
    "display screen monitor", "folder directory", "application app", "program software", "website site webpage",
    "internet web", "username login-name", "password passphrase passcode", "account profile", "subscription membership plan",
    "invoice bill", "receipt proof-of-purchase", "parcel package", "refund reimbursement",
    "reimburse refund", "warranty guarantee", "discount reduction", "voucher coupon", "return send-back", "address location",
    "schedule timetable", "reserve book booking reservation", "appointment meeting", "form questionnaire", "document file",
    "print printing", "copy duplicate", "insert add", "combine merge join", "divide split", "compute calculate",
    "convert transform", "verify confirm validate check", "determine", "test examine", "improve enhance boost",
    "reduce lower decrease", "increase raise", "grow cultivate grown", "cook prepare", "bake", "boil", "clean wash",
    "quit leave resign", "die pass-away died", "born birth", "marry wed married", "invent invented inventor",
    "discover discovered", "write wrote written author", "win won winner", "rule govern", "lead led leader", "speak talk spoken",
    "live reside", "city-centre downtown", "weight weigh weighs", "height tall", "length long", "depth deep", "width wide",
    "distance far", "age old", "speed velocity", "temperature heat", "money cash", "currency", "tax taxes", "loan credit",
    "illness disease sickness", "medicine medication drug", "pain ache", "headache", "sleep asleep", "exercise workout",
    "diet nutrition", "gain", "eat consume ate eaten", "drink", "safe secure", "dangerous hazardous risky",
    "legal lawful", "illegal unlawful", "restart reboot", "reset", "upgrade", "update", "install installation",
    "uninstall", "enable activate", "disable deactivate", "open", "close shut", "upload", "attach", "send submit sent",
    "forward", "reply respond", "subscribe", "unsubscribe", "register signup enrol enroll", "login signin", "logout signout",
    "minimum least", "maximum most", "total sum", "average mean", "percent percentage",
)  # fmt: skip

ANTONYMS: Final[tuple[str, ...]] = (
    "increase decrease", "raise lower", "enable disable", "open close", "start stop", "begin end", "buy sell", "lend borrow",
    "import export", "upload download", "install uninstall", "subscribe unsubscribe", "add remove", "login logout",
    "arrive depart", "arrival departure", "enter exit", "win lose", "gain lose", "push pull", "send receive", "encrypt decrypt",
    "encode decode", "compress decompress", "legal illegal", "safe dangerous", "hot cold", "cheap expensive", "high low",
    "early late", "first last", "minimum maximum", "least most", "more less", "before after", "above below", "inside outside",
    "left right", "north south", "east west", "male female", "man woman", "boy girl", "old new", "old young", "long short",
    "fast slow", "heavy light", "dark light", "positive negative", "advantage disadvantage", "benefit drawback", "pro con",
    "success failure", "accept reject", "allow forbid", "approve deny", "public private", "internal external", "input output",
    "read write", "employer employee", "landlord tenant", "lender borrower", "buyer seller", "teacher student", "parent child",
    "husband wife", "mother father", "brother sister", "son daughter", "uncle aunt", "king queen", "summer winter",
    "spring autumn", "day night", "morning evening", "today tomorrow", "today yesterday", "yesterday tomorrow", "next last",
    "next previous", "ascending descending", "credit debit", "deposit withdraw", "deposit withdrawal", "debit credit", "profit loss",
    "asset liability", "encourage discourage", "lock unlock", "block unblock", "follow unfollow", "mute unmute", "hide show",
    "freeze thaw", "freeze melt", "expand collapse", "attach detach", "connect disconnect", "join leave", "activate deactivate",
    "single married", "guilty innocent", "major minor", "maximize minimize", "vertical horizontal", "beginner expert",
    "steigen sinken", "kaufen verkaufen", "öffnen schließen", "abrir cerrar", "comprar vender", "acheter vendre", "ouvrir fermer",
    "aumentar disminuir", "augmenter diminuer", "erhöhen senken",
)  # fmt: skip


def is_number_word(word: str) -> bool:
    """Whether a word counts something."""
    return word in NUMBER_WORDS and word not in _NOT_NUMBERS
