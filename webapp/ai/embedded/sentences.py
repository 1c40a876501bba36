"""The sentences that drafts are made of. They hold for any topic, and claim nothing about the world.

`{topic}` and `{keyword}` stand where any noun can: never as a subject, never after "a". `{here}` is what the section
is about. Each paragraph of a text below is one thought, which stands for itself.
"""

from webapp.ai.embedded.headings import Part


def _thoughts(text: str) -> tuple[str, ...]:
    return tuple(" ".join(thought.split()) for thought in text.split("\n\n"))


PROMISES = _thoughts(
    """
    A plain look at {topic}: what matters, in which order, and what to leave alone.

    What to know about {topic} before you start, while you are at it, and once you are done.

    A short way into {topic}, with the steps, the usual mistakes and the questions that people ask.

    All that a first attempt needs in one place: a plain introduction to {topic}.
    """
)

OPENING = _thoughts(
    """
    People who look up {topic} mostly want one thing: to know what to do next. This page takes it in that order.

    There is a lot written about {topic}, and much of it skips what beginners ask first. So that comes first here.

    If all this is new to you, start at the top. If you have some practice with {topic}, the headings lead you on.

    You can read about {topic} for a week, or you can read one page and begin. This is meant to be that page.
    """
)

BY_PART: dict[Part, tuple[str, ...]] = {
    Part.START: _thoughts(
        """
        Before anything else, say in one sentence what you want from {topic}. That sentence decides more than any
        list of tips, because it tells you what you can leave out.

        Most of the confusion around {topic} comes from mixing up what is necessary with what is merely nice. So
        sort first: what has to be right, what should be right, and what nobody will ever notice. The first group
        is usually short. Deal with it completely before you look at the second.

        Where you stand now matters more than where others started.

        If you have dealt with {keyword} before, you know more than you think. If you have not, that is no reason
        to wait: the first steps are the same for everybody.

        Take stock of what you have, and do not buy anything today.

        A quarter of an hour with pen and paper is a good investment here.

        Write down three questions about {topic}, and read on with those in mind. You will find that two of them
        answer themselves on the way.
        """
    ),
    Part.ANSWER: _thoughts(
        """
        In brief: begin small, look at what happens, and change one thing at a time. That sounds too simple, and
        yet it covers most of what there is to say about {topic}.

        The longer answer depends on what you start from. Somebody with time and patience can take another way
        than somebody who needs a result today. Both ways exist, and neither of them is wrong. What they share is
        the order: look first, decide second, act last. Skipping the first of these is what costs people most.

        If your question is really about {keyword}, the answer is no different: look first, then decide.

        If nothing here fits your case, look for the assumption that does not hold for you. There is nearly always
        one, and finding it is half the answer. The other half is to try it on a small scale. Give that trial an
        end, so that you know when to judge it.
        """
    ),
    Part.ABOUT: _thoughts(
        """
        This part is about {here}, seen from the side of {topic}.

        Many readers arrive here by way of {here}, and their question is a fair one.

        It helps to look at {here} separately before you put it together with anything else.

        What helps with {topic} often helps here too, but not always for the same reason.

        Ask what would be different for you if this part were settled. If the answer is “not much”, move on: the
        page is long enough. If the answer is “a great deal”, give it a day of its own.

        The details differ from case to case, while the order of the work does not.

        Ask what {here} and the rest of this page have in common, if anything.

        Two things that are searched for together need not belong together.

        One good source on {here} is worth more than ten short ones. Good sources say what they do not know.

        Note what you assume about {here}, and check the easiest of those assumptions first. Half of them will
        turn out not to matter. What remains is a short list, and short lists get done.

        Come back to this section when the rest is in place. By then you will read it with other eyes.

        Keep {keyword} for later, unless it is the reason why you came.

        Where advice about {here} contradicts itself, look for the date and the purpose. Often both sides are
        right about different situations.

        A picture taken today makes it easier to see a difference next month.

        Nothing in this part is urgent, which is why it is so easy to put off. A reminder in the calendar solves
        that better than good intentions.

        When in doubt about {here}, choose what you can undo.

        Whatever you decide, write down why, because that is what you will want to know next year.

        It is fine to skip the finer points of {here} on the first round.
        """
    ),
    Part.BEFORE: _thoughts(
        """
        A little preparation saves more time than any trick.

        Put together what you need for {topic}, and put away what you do not.

        Check that nobody needs the space while you are at work.

        Read the whole section once before you lift a finger.

        Decide beforehand how you will tell that it went well.

        Know when you would stop, because that is hard to decide in the middle.

        If something is missing, it is better to know now than halfway through.

        Borrowing is a good answer to anything that you need once.

        Think about {keyword} early, while it is still easy to change your mind.

        Allow twice the time that you expect, at least on the first occasion. Nobody has ever complained about
        being done too soon.

        Whoever shares the work with you should know why, not only how.
        """
    ),
    Part.STEPS: _thoughts(
        """
        The steps are short on purpose. Do them in this order, and finish one before you begin the next.

        After each step, look at what has changed. If nothing has, wait a little before you do more of the same.

        Patience is the cheapest tool that there is for {topic}.

        Should a step not apply to you, leave it out without regret.

        Should something go wrong, go back by one step, not all the way to the beginning.

        Keep your notes next to you, since memory is kind to mistakes.

        A second pair of eyes is useful after the third step.

        The last step is the one that people leave out, and the one that they miss later.

        If {keyword} is part of your plan, it fits in after the first result is there.

        With some practice you will do all of this without the list.
        """
    ),
    Part.MISTAKES: _thoughts(
        """
        Most trouble begins where two steps are done at once. The second most common cause is haste, and the third
        is a good tip that was meant for somebody else. None of that is a disaster, as long as you notice it.

        Look for the smallest thing that could explain what you see. Change that, and nothing else, and look
        again.

        People who change three things at once learn nothing from the result.

        It is a trap to compare your own beginning with somebody else's end.

        With {topic}, a bad day says little and a bad month says a lot.

        Be wary of advice that fits everybody, this page included.

        If you suspect {keyword}, rule it out first, because that is quickly done.

        If the same thing goes wrong twice, the plan is at fault rather than you. Then it is time to make it simpler.
        """
    ),
    Part.ROUTINE: _thoughts(
        """
        What you do once in a while is work, and what you do every week is hardly noticed.

        Tie whatever there is to do about {topic} to something that happens anyway.

        Choose a day, keep the tools in sight, and make the first step ridiculously small.

        Miss it once, and nothing happens. Miss it twice, and it is worth asking what is in the way.

        A routine that survives a holiday is a good routine.

        Leave room for {keyword}, even if you do not need it yet.

        Look back every few months and drop what has become pointless. It is the dropping that keeps the rest
        alive.

        If others are involved, hang the plan where everybody can see it.

        Praise is allowed, also for yourself.

        After a season the whole thing takes less thought than it seems to now.
        """
    ),
    Part.CLOSING: _thoughts(
        """
        If you remember one thing, let it be the order: look, decide, act, look again. Everything else about
        {topic} follows from there.

        Start with what you have, and start this week.

        Keep notes, keep it small, and keep what works.

        You can come back to {keyword} when the basics are in place.

        The aim is a result that you can repeat, not one that you got once.

        If you find a simpler way than this one, take it. The first step was the hardest in any case.

        From here on it is mostly a matter of doing it once more, and then once more.

        The questions below pick up what did not fit in above.
        """
    ),
}

ANYWHERE = _thoughts(  # when a section needs more than its part has
    """
    A small test costs little and answers more than a long discussion.

    There is rarely one right way, but there is nearly always a simplest one.

    Give it time: some differences show only after a few days.

    If you have to choose, choose what is easier to keep up.

    Nothing here needs to be perfect on the first day.

    Clean up as you go, and the next round starts without an excuse.

    Compare like with like, or the comparison tells you nothing.

    A short list on paper beats a long one in your head.

    If two sources disagree, look for what they silently take for granted.

    It is fine to stop here and come back to {topic} next week.

    Where {keyword} comes into it, less is often easier to judge.

    Measure twice where it cannot be undone, and once where it can.

    The second attempt is the one that teaches you something.

    Ask somebody who has done it before, and ask what they would leave out.

    Good enough today is better than perfect at some point.

    You will soon know which of these points you can do without.

    Set yourself an end, and stop when you reach it.

    What looks like talent is mostly a tidy table and a free afternoon.

    Try to explain {topic} to a friend, and see where you begin to hesitate. The hesitation shows what to read up
    on next.

    Small, boring improvements add up.

    Do the part that you like least while you are still fresh.

    Resist the urge to start over, since most things can be mended.

    Leave a note for the person who does this next, who may well be you.

    Numbers help, even rough ones.

    An hour of rest can save a day of repairs.

    Think of {keyword} as a variation, not as a new subject.

    Keep the receipts, at least until everything works.

    Curiosity gets you further here than discipline.

    Plan the boring parts, and let the rest surprise you.
    """
)

ANSWERS = _thoughts(
    """
    The short answer: it depends on what you start from, and a small test tells you more than a rule.

    As a rule of thumb, take it slowly and look at the result before you go on.

    There is no single answer, but there is an order in which to find yours.

    It is simpler than it sounds once the first step is done.

    Opinions differ, so look at who gives them and what they had in mind.

    Start from the simplest explanation and work your way up.

    That is one of the questions that get easier as soon as you write down what you see.

    Most people find out by trying it once, on a small scale, with an eye on the clock.
    """
)

BARE_QUESTIONS = (  # for a cluster in which nobody asks anything
    ("Where do I begin?", "With what you have, and with the smallest step that shows a result."),
    ("How do I know that it worked?", "Say beforehand what you expect to see, and look for exactly that."),
    ("What if it does not work?", "Go back one step, change one thing, and try again before you give up."),
)

POINTS = (
    "What you want from {topic}, in one sentence",
    "How much time you have in an ordinary week",
    "What you already own that will do",
    "Where {keyword} fits in, and where it does not",
    "Who else is affected by the choice",
    "What you would do if the first attempt fails",
    "When you will look back and decide what to keep",
)
STEPS = (
    "Set a day for {topic} and keep it free.",
    "Lay everything out before you touch anything.",
    "Begin with the part that is easiest to undo.",
    "Try it on a small scale, and wait.",
    "Note what changed, and what did not.",
    "Repeat what worked, without adding to it.",
    "Decide what to leave out next time.",
)
HABITS = (
    "Every day: nothing, unless something looks different",
    "Every week: five minutes for {topic}, always at the same hour",
    "Every month: a look at the notes, and one thing less to do",
    "Every season: the parts that take a whole morning",
    "Once a year: a fresh start, with everything on the table",
)
TABLE_HEADINGS = ("If you", "Then")
ROWS = (
    ("are just beginning", "take the simplest variant and stay with it for a while"),
    ("are short of time", "do the first step only, and do it well"),
    ("came here for {keyword}", "read that part first, and the rest afterwards"),
    ("share the space", "agree on the routine before you start"),
    ("want to save", "use what is there, and wait before buying anything"),
    ("have tried it before without success", "change one thing, and keep the rest as it was"),
)
