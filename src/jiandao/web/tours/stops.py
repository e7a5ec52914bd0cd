"""The tours of all roles, in words that tell what the page is for rather than what stands on it."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.rulebook import policy as rulebook
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.capabilities import policy as capabilities
from jiandao.stages.exchange.introductions import policy as meeting
from jiandao.stages.exchange.offers import policy as offers
from jiandao.stages.people import policy as people
from jiandao.web import policy
from jiandao.web.tours import examples
from jiandao.web.tours.guiding import Stop, Tour, example, place

DESK = Stop(
    _("Your desk"),
    _(
        "What waits for you stands here, the most urgent first, each with its one button. An empty desk means: nothing waits."
    ),
    place("desk", policy.DESK),
    ".jd-desk-grid",
)
SEARCH = Stop(
    _("Find anything"),
    _(
        "One field searches all records that you may see; Ctrl+K opens it from anywhere and also takes you to pages and to "
        "what you can begin, which the initials of their pinyin find as well."
    ),
    place("desk", policy.DESK),
    ".jd-search",
)
RULES = Stop(
    _("The rules, with their numbers"),
    _(
        "Every limit and term that the system applies stands here, with the document that it comes from and since when. "
        "Where a page refuses something, it names the rule."
    ),
    place("rules", rulebook.READ_RULES),
    ".jd-main",
)
FUNNEL = Stop(
    _("How far needs come"),
    _(
        "Each bar is a step; beside it stand those who were dropped there, and why. Choose a field, a prefecture or a month "
        "to see where it is narrow."
    ),
    place("exchange:funnel", exchange.SEE_FUNNEL),
    ".jd-main",
)
FIGURES = Stop(
    _("The figures that are asked for"),
    _(
        "Matching rate, days to the first introduction, and the share that led to a contract which both sides confirmed, by "
        "field, prefecture or year. They are counted from records, not from reports."
    ),
    place("exchange:figures", meeting.SEE_FIGURES),
    ".jd-main",
)
CHALLENGES = Stop(
    _("Published challenges"),
    _("Everybody reads these, without signing in. Filters, words and views are the same on every list."),
    place("exchange:challenges", exchange.SEE_CHALLENGES),
    ".jd-filters",
)
CHALLENGE = Stop(
    _("What a challenge says"),
    _(
        "The problem, what an answer must reach and how that is tested, the money, and the last day for answers. The "
        "organisation is named only where it agreed to that."
    ),
    example(examples.challenges),
    ".jd-record-main",
)
MATCHES = Stop(
    _("Answers, with reasons"),
    _(
        "Results, capabilities and experts that fit, each with the words that both share and how much each word weighed. "
        "“Not this, because…” keeps a wrong one away from you, and tells the others why."
    ),
    example(examples.needs("published"), "exchange:need-matches"),
    ".jd-main",
)
TIMELINE = Stop(
    _("Who did what, when, by which rule"),
    _(
        "Nothing happens to a record without an entry here. Entries are linked by digests: nobody can change one unnoticed."
    ),
    example(examples.needs("published", "returned", "rejected", "merged")),
    "#timeline-title",
)
INTRODUCTION = Stop(
    _("An introduction"),
    _(
        "Two organisations are brought together. Names, numbers and confidential texts open when both have consented, and "
        "signed where one asks for it; then meetings, the contract and its outcome are kept here."
    ),
    example(examples.introductions),
    ".jd-record-main",
)
RESULTS = Stop(
    _("Results of research"),
    _("What universities and institutes offer, with maturity and the evidence for it."),
    place("exchange:results", exchange.SEE_RESULTS),
    ".jd-filters",
)
EXPERTS = Stop(
    _("Experts"),
    _(
        "Only those who have consented stand here, with what they have published. Their own pages say when they are free."
    ),
    place("people:experts", people.SEE_EXPERTS, programme=False),
    ".jd-filters",
)
ORGANISATIONS = Stop(
    _("Organisations"),
    _(
        "Each has one entry, whatever its spelling; former and short names find it. A register code and an officer's "
        "verification stand behind it."
    ),
    place("people:organisations", people.LIST_ORGANISATIONS, programme=False),
    ".jd-filters",
)

CAPABILITIES = Stop(
    _("Laboratories and pilot lines"),
    _("What may be used by others, with opening hours and prices."),
    place("exchange:capabilities", capabilities.SEE_CAPABILITIES),
    ".jd-filters",
)

TOURS: tuple[Tour, ...] = (
    Tour(
        "officer",
        _("The programme office"),
        frozenset({Role.PROGRAMME_OFFICER}),
        (
            DESK,
            Stop(
                _("A need that came in"),
                _(
                    "Read it, and decide with one press: pass it to the department, return it with a cause and your words, "
                    "reject it, or merge it into a challenge that asks for the same."
                ),
                example(examples.needs("submitted", "checking")),
                ".jd-record-side",
            ),
            Stop(
                _("Does the technology exist?"),
                _(
                    "The department has looked where it exists and how mature it is; the nearest results stand beside it. "
                    "Then you publish the need as a challenge, or word a challenge of your own from several."
                ),
                example(examples.needs("assessing")),
                ".jd-record-side",
            ),
            MATCHES,
            INTRODUCTION,
            FUNNEL,
            Stop(
                _("One organisation, entered twice"),
                _(
                    "Entries that look like the same organisation are proposed for merging, with reasons. A merge can be "
                    "undone: nothing is lost by it."
                ),
                place("people:proposals", people.SEE_PROPOSALS, programme=False),
                ".jd-main",
            ),
            RULES,
            SEARCH,
        ),
    ),
    Tour(
        "need-owner",
        _("An enterprise with a problem"),
        frozenset({Role.NEED_OWNER}),
        (
            DESK,
            Stop(
                _("Write down a need"),
                _(
                    "While you write, the page says which word is vague and what to put instead, shows needs that ask for "
                    "the same, and keeps a draft every few seconds."
                ),
                place("exchange:need-new", exchange.CREATE_NEED),
                "form",
            ),
            Stop(
                _("A need that came back"),
                _(
                    "The reason stands in the timeline. Mend what it names, and hand it in again: nothing has to be retyped."
                ),
                example(examples.needs("returned", own=True)),
                "#timeline-title",
            ),
            Stop(
                _("What answers it"),
                _(
                    "Results, capabilities and experts that fit, with the sentence that fits. Propose an introduction, or "
                    "say why it is not the right one."
                ),
                example(examples.needs("published", own=True), "exchange:need-matches"),
                ".jd-main",
            ),
            INTRODUCTION,
            Stop(
                _("Be told of new results"),
                _("Say what you look for and how often you may be told at most; a no is not asked twice."),
                place("exchange:offer-wish", offers.CHOOSE_OFFERS),
                "form",
            ),
            Stop(
                _("Book a pilot line or an instrument"),
                _("Opening hours, price and conditions stand on its page, with the button that asks for days."),
                example(examples.capabilities),
                ".jd-record-side",
            ),
            SEARCH,
        ),
    ),
    Tour(
        "researcher",
        _("A team with a result"),
        frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}),
        (
            DESK,
            Stop(
                _("Publish a result"),
                _(
                    "Title, what it does, how mature it is and the evidence for that; a minute is enough for the first version."
                ),
                place("exchange:result-new", exchange.CREATE_RESULT),
                "form",
            ),
            Stop(
                _("Who asks for it"),
                _(
                    "Challenges and needs that fit your result, with reasons. From here you propose an introduction; the "
                    "enterprise decides."
                ),
                example(examples.results, "exchange:result-matches"),
                ".jd-main",
            ),
            CHALLENGES,
            CHALLENGE,
            INTRODUCTION,
            Stop(
                _("What your unit lends"),
                _(
                    "Teams, laboratories, instruments and pilot lines; once a year you confirm that an entry still holds."
                ),
                place("exchange:capabilities", capabilities.SEE_CAPABILITIES),
                ".jd-filters",
            ),
            SEARCH,
        ),
    ),
    Tour(
        "unit",
        _("Looking after one's organisation"),
        frozenset({Role.UNIT_ADMINISTRATOR}),
        (
            DESK,
            Stop(
                _("Your organisation"),
                _(
                    "Its entry, its further names, the family that it belongs to, and who works in it with which role. You "
                    "invite colleagues and end their roles here."
                ),
                example(examples.own_organisation),
                ".jd-record-main",
            ),
            Stop(
                _("Certificates, entered once"),
                _(
                    "Whoever you are introduced to sees them while they are in force, and you are reminded before one ends."
                ),
                place("people:certificates", people.CREATE_CERTIFICATE, programme=False),
                ".jd-main",
            ),
            Stop(
                _("What your unit lends"),
                _(
                    "Teams, laboratories, instruments and pilot lines; once a year you confirm that an entry still holds."
                ),
                place("exchange:capabilities", capabilities.SEE_CAPABILITIES),
                ".jd-filters",
            ),
            SEARCH,
        ),
    ),
    Tour(
        "technology-manager",
        _("A technology manager"),
        frozenset({Role.TECHNOLOGY_MANAGER}),
        (DESK, CHALLENGES, MATCHES, RESULTS, INTRODUCTION, FIGURES, EXPERTS, SEARCH),
    ),
    Tour(
        "department",
        _("A department"),
        frozenset({Role.DEPARTMENT}),
        (
            DESK,
            Stop(
                _("The technology check"),
                _(
                    "Does the technology exist, where, how mature? The nearest results stand beside the question. Your "
                    "answer is kept for ever; a later one stands beside it."
                ),
                example(examples.needs("assessing")),
                ".jd-record-side",
            ),
            MATCHES,
            FUNNEL,
            FIGURES,
            ORGANISATIONS,
            RULES,
        ),
    ),
    Tour(
        "expert",
        _("An expert"),
        frozenset({Role.EXPERT}),
        (
            DESK,
            Stop(
                _("Your entry"),
                _("You decide whether you can be found and asked, when you are free, and how many days a year."),
                example(examples.own_entry),
                ".jd-record-side",
            ),
            Stop(
                _("Questions for you"),
                _("Challenges that fit what you have published, with reasons."),
                example(examples.own_entry, "exchange:expert-matches"),
                ".jd-main",
            ),
            CHALLENGES,
            CHALLENGE,
            RESULTS,
            SEARCH,
        ),
    ),
    Tour(
        "investor",
        _("An investor"),
        frozenset({Role.INVESTOR}),
        (
            DESK,
            CHALLENGES,
            CHALLENGE,
            RESULTS,
            CAPABILITIES,
            ORGANISATIONS,
            FUNNEL,
            SEARCH,
        ),
    ),
    Tour(
        "recommending-unit",
        _("A recommending unit"),
        frozenset({Role.RECOMMENDING_UNIT}),
        (
            DESK,
            Stop(
                _("Who is yours"),
                _(
                    "The entry of your own house, and those of the organisations around it with their clusters and families."
                ),
                example(examples.own_organisation),
                ".jd-record-main",
            ),
            CHALLENGES,
            CHALLENGE,
            FUNNEL,
            ORGANISATIONS,
            RULES,
            SEARCH,
        ),
    ),
    Tour(
        "leader",
        _("A leader"),
        frozenset({Role.LEADER}),
        (FUNNEL, FIGURES, CHALLENGES, CHALLENGE, TIMELINE, RULES, SEARCH),
    ),
    Tour(
        "auditor",
        _("Supervision and audit"),
        frozenset({Role.AUDITOR, Role.INTEGRITY_OFFICER, Role.FINANCE_OFFICER}),
        (
            DESK,
            TIMELINE,
            RULES,
            Stop(
                _("Breaches of integrity"),
                _("Each measure has a term and a source; one that was wrong is declared void and stays readable."),
                place("people:measures", people.SEE_INTEGRITY, programme=False),
                ".jd-main",
            ),
            ORGANISATIONS,
            FUNNEL,
            FIGURES,
            SEARCH,
        ),
    ),
    Tour(
        "administrator",
        _("Running the system"),
        frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}),
        (
            DESK,
            Stop(
                _("Jobs"),
                _(
                    "What the worker does in the background, how long it took, and what failed, with a button to try again."
                ),
                place("jobs", policy.WATCH_JOBS),
                ".jd-main",
            ),
            Stop(
                _("Outbox"),
                _("Every mail before and after it is sent; all of them can be held."),
                place("outbox", policy.HOLD_OUTBOX),
                ".jd-main",
            ),
            RULES,
            Stop(
                _("Your sessions"),
                _("Where you are signed in; one that you do not know is ended from here."),
                place("usersessions_list", policy.OWN_TOKENS, programme=False),
                ".jd-main",
            ),
            Stop(
                _("The programming interface"),
                _("Every page's data and verbs by the same rules; programs sign in with tokens that you can revoke."),
                place("api", policy.READ_API, programme=False),
                ".jd-main",
            ),
            SEARCH,
        ),
    ),
    Tour(
        "public",
        _("A first visit"),
        frozenset({Role.PUBLIC}),
        (
            Stop(
                _("What this is for"),
                _(
                    "Enterprises say what they cannot solve, universities and institutes answer, and everybody can see what "
                    "became of it."
                ),
                place("desk", policy.DESK),
                ".jd-main",
            ),
            CHALLENGES,
            CHALLENGE,
            RESULTS,
            CAPABILITIES,
            FUNNEL,
            RULES,
        ),
    ),
)
