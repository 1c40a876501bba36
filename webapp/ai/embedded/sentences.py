"""The sentences that drafts are made of. They hold for any topic, and claim nothing about the world."""

PROMISE = "A plain look at {topic}: what matters, in which order, and what to leave alone."

OPENING = (
    "People who search for {topic} mostly want one thing: to know what to do next. This page takes it in that order.",
    "There is a lot written about {topic}, and much of it skips what beginners ask about. So that comes first.",
    "If {topic} is new to you, start here. If it is not, the headings below lead you to the part that you need.",
)

BODY = (
    "Start with what you already have, and change one thing at a time.",
    "With {topic}, the order of the steps matters more than the speed.",
    "Write down what you did, because the second attempt is the one that teaches you something.",
    "It helps to look at {keyword} on its own before you combine it with anything else.",
    "Most trouble begins where two steps are done at once.",
    "When the result is not what you hoped for, go back one step rather than all the way to the beginning.",
    "A small test costs little and answers more than a long discussion.",
    "Think about {keyword} early, while it is still easy to change your mind.",
    "There is rarely one right way, but there is nearly always a simplest one.",
    "Keep the tools for {topic} where you can see them, and you will use them.",
    "Give it time: some differences show only after a few days.",
    "If you have to choose, choose what is easier to keep up.",
    "Nothing here needs to be perfect on the first day.",
    "Ask what {keyword} should do for you, and the rest of the choice becomes smaller.",
    "Be wary of advice that fits everybody, this page included.",
    "What works in one home may need a second look in another.",
    "Put the hardest part of {topic} at the start of the day, when you are patient.",
    "Once a routine for {keyword} stands, it takes less thought than it seems now.",
    "Clean up as you go, and the next round starts without an excuse.",
    "Compare like with like, or the comparison tells you nothing.",
    "A short list on paper beats a long one in your head.",
    "Leave room for {keyword}, even if you do not need it yet.",
    "If two sources disagree, look for what they silently take for granted.",
    "You will notice soon which of these steps you can leave out.",
    "It is fine to stop here and come back to {topic} next week.",
    "The aim is a result that you can repeat, not one that you got once.",
    "Where {keyword} is concerned, less is often easier to judge.",
    "Read the next section before you begin, so that nothing surprises you halfway.",
    "Whoever shares the work with you should know why, not only how.",
    "Measure twice where it cannot be undone, and once where it can.",
)

POINTS = (
    "What you want from {topic}, in one sentence",
    "How much time you have for it in an ordinary week",
    "What you already own that will do",
    "Where {keyword} fits in, and where it does not",
    "Who else is affected by the choice",
    "What you would do if the first attempt fails",
)

STEPS = (
    "Set a day for {topic} and keep it free.",
    "Lay everything out before you touch anything.",
    "Try {keyword} on a small scale.",
    "Note what changed, and what did not.",
    "Repeat what worked, without adding to it.",
    "Decide what to leave out next time.",
)

ROWS = (
    ("are just beginning", "take the simplest variant and stay with it for a while"),
    ("are short of time", "do the first step only, and do it well"),
    ("have tried {keyword} before", "change one thing, and keep the rest as it was"),
    ("share the space", "agree on the routine before you start"),
    ("want to save", "use what is there, and wait before buying anything"),
)

ANSWERS = (
    "The short answer: it depends on what you start from, and a small test tells you more than a rule.",
    "Usually yes, as long as you take it slowly and look at the result before you go on.",
    "There is no single answer, but there is an order in which to find yours.",
    "It is simpler than it sounds once the first step is done.",
)
