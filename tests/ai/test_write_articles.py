import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ai import requests
from webapp.ai.embedded.article import FAQ, IN_ENGLISH, NOTE
from webapp.ai.embedded.headings import HEADINGS
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult, parse
from webapp.content.sanitise import clean

TAGS = {"h2", "h3", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "strong"}


def written(request: ArticleRequest) -> ArticleResult:
    return parse(EmbeddedProvider().answer(request))


class Reader(HTMLParser):
    """Reads strictly: every tag is one that we use, and is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.blocks: list[tuple[str, str]] = []
        self.attributes: set[tuple[str, str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.attributes.update((tag, name, value) for name, value in attrs)
        self.open.append(tag)
        if tag != "strong":
            self.blocks.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            tag, text = self.blocks[-1]
            self.blocks[-1] = tag, text + data
        else:
            assert not data.strip()


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def texts(result: ArticleResult, tag: str) -> list[str]:
    return [text for found, text in read(result.body_html).blocks if found == tag]


def count(result: ArticleResult) -> int:
    return len(re.sub(r"<[^>]+>", " ", result.body_html).split())


def test_an_article_has_all_its_parts() -> None:
    result = written(requests.article())

    assert texts(result, "h2") == [*requests.article().outline, FAQ]
    assert texts(result, "h3") == ["How often should I water a snake plant?", "Are snake plants toxic to cats?"]
    assert texts(result, "li") and texts(result, "td")
    assert result.title == "Snake Plant Care: A Practical Guide"
    assert result.slug == "snake-plant-care-a-practical-guide"
    assert result.focus_keyword == "snake plant care"
    assert "snake plant care" in result.meta_description and "snake plant care" in result.excerpt
    assert "snake plant care" in texts(result, "p")[1]


def test_it_says_first_what_it_is() -> None:
    english, german = written(requests.article()), written(requests.article(language="de"))

    assert english.body_html.startswith(f'<p class="draft-note">{NOTE}</p>')
    assert german.body_html.startswith(f'<p class="draft-note">{NOTE}{IN_ENGLISH}</p>')


@pytest.mark.parametrize("target", [400, 800, 1200, 2500])
def test_it_is_about_as_long_as_asked_for(target: int) -> None:
    assert abs(count(written(requests.article(target_words=target))) - target) <= 0.1 * target


@pytest.mark.parametrize("target", [1, 60, 1200, 5000])
def test_no_paragraph_comes_twice(target: int) -> None:
    paragraphs = texts(written(requests.article(target_words=target)), "p")

    assert len(set(paragraphs)) == len(paragraphs)


def test_a_sentence_comes_once_in_an_article_of_the_usual_length() -> None:
    result = written(requests.article(target_words=1200))
    sentences = [one for text in texts(result, "p") for one in re.split(r"(?<=[.?])\s", text)]

    assert len(set(sentences)) == len(sentences)


def test_no_list_says_the_same_twice() -> None:
    outline = [heading for headings in HEADINGS.values() for heading in headings[:1]]
    result = written(requests.article(outline=outline, target_words=2000))
    items = [*texts(result, "li"), *texts(result, "td")]

    assert len(items) >= 15 and len(set(items)) == len(items)


def test_its_own_question_is_answered_at_the_top_and_not_among_the_others() -> None:
    questions = ["is pothos toxic", "how to water pothos"]
    result = written(
        requests.article("is pothos toxic", title="Is Pothos Toxic?", questions=questions, keywords=["pothos"])
    )

    assert texts(result, "h3") == ["How do I water pothos?"]
    assert "pothos" in result.meta_description and "?" not in result.meta_description


def test_without_questions_the_faq_asks_what_everybody_asks() -> None:
    assert len(texts(written(requests.article(questions=[])), "h3")) == 2


def test_without_an_outline_it_still_has_a_section() -> None:
    result = written(requests.article(outline=[], keywords=[], questions=[]))

    assert len(texts(result, "h2")) == 2


def test_two_articles_read_differently() -> None:
    one, other = written(requests.article("snake plant care")), written(requests.article("snake plant"))

    shared = set(texts(one, "p")) & set(texts(other, "p"))
    assert len(shared - {NOTE}) <= 2 < 10 < len(texts(one, "p"))


def test_a_long_title_loses_what_follows_the_colon_for_search_pages() -> None:
    result = written(requests.article(title="Heartleaf Philodendron Leaves: Common Mistakes and How to Avoid Them"))

    assert result.meta_title == "Heartleaf Philodendron Leaves"


@settings(max_examples=80)
@given(
    requests.phrases,
    requests.phrases,
    st.lists(requests.phrases, max_size=5),
    st.lists(requests.phrases, max_size=5),
    requests.languages,
    st.integers(1, 3000),
)
def test_odd_words_make_clean_articles(
    title: str, target: str, keywords: list[str], outline: list[str], language: str, target_words: int
) -> None:
    result = written(
        requests.article(
            target,
            title=title,
            keywords=keywords,
            questions=keywords,
            outline=outline,
            language=language,
            target_words=target_words,
        )
    )

    attributes = read(result.body_html).attributes
    assert attributes <= {("p", "class", "draft-note"), ("th", "scope", "col")}
    assert len(result.meta_title) <= 60 and len(result.meta_description) <= 155
    assert result.title.strip() and result.excerpt.strip() and result.meta_title.strip()


def test_nothing_in_it_has_to_be_cleaned_away() -> None:
    html = written(requests.article("crème & co", keywords=["it's <b>", "“x”"], target_words=1200)).body_html
    before, after = read(html), read(clean(html))

    assert (after.blocks, after.attributes) == (before.blocks, before.attributes)


def test_markup_in_keywords_is_text() -> None:
    result = written(
        requests.article(
            "<i>basil</i>", title="<b>Basil</b>", outline=["<script>x</script>"], keywords=["a <b>b</b> & c"]
        )
    )

    assert "<script>x</script>" in texts(result, "h2")
    assert "&amp;" in result.body_html
    assert result.title == "<b>Basil</b>"
