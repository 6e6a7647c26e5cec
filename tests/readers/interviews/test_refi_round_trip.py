"""Any project that can be read is written and read again as it was, whatever stands in it."""

from xml.sax.saxutils import escape, quoteattr

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securebase_analysis.readers.interviews import read_interviews, write_interviews

TABLES = ("segments", "codes", "coders", "sources", "cases", "uncoded", "notes", "sets")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
WORDS = st.lists(
    st.sampled_from(["she", "waits", "🙂", "don’t", "Zoë", "\r\n", "\n", "\t", "<b>", "&", " "]), max_size=12
)
TYPES = {
    "Text": ["kin", "", "0042", " two  words ", "é"],
    "Boolean": ["true", "false", "1", "0"],
    "Integer": ["2", "-3", "0"],
    "Float": ["2.5", "-1e-7", "3"],
    "Date": ["2024-01-02", "1999-12-31"],
    "DateTime": ["2024-01-02T03:04:05Z", "2024-06-01T23:59:59Z"],
}
CODES, CODERS = (1, 2, 3), (11, 12, 13)


def guid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


class Making:
    """One project being made up: every element has an identifier of its own."""

    def __init__(self, draw):
        self.draw, self.number = draw, 1_000

    def new(self):
        self.number += 1
        return guid(self.number)

    def named(self):
        return f"name={quoteattr(self.draw(NAMES))}"

    def described(self):
        words = self.draw(st.sampled_from(["", "", "why <here>?", "two\nlines"]))
        return f"<Description>{escape(words)}</Description>" if words else ""

    def user(self):
        coder = self.draw(st.sampled_from([*CODERS, None]))
        when = self.draw(st.sampled_from(["", ' creationDateTime="2024-01-02T03:04:05Z"']))
        return (f' creatingUser="{guid(coder)}"' if coder else "") + when

    def codings(self, least=0):
        codes = self.draw(st.lists(st.sampled_from(CODES), min_size=least, max_size=3))
        return "".join(
            f'<Coding guid="{self.new()}"{self.user()}><CodeRef targetGUID="{guid(code)}"/></Coding>'
            for code in codes
        )

    def passages(self, text):
        return "".join(
            f'<PlainTextSelection guid="{self.new()}" {self.named()} startPosition="{start}" endPosition="{end}"'
            f"{self.user()}>{self.described()}{self.codings()}</PlainTextSelection>"
            for start, end in self.draw(st.lists(spans(len(text)), max_size=4))
        )

    def regions(self, tag, names):
        numbers = st.tuples(*[st.sampled_from(["0", "7", "-1", "12.5", None])] * len(names))
        return "".join(
            f'<{tag} guid="{self.new()}" {self.named()} '
            + " ".join(f'{name}="{number}"' for name, number in zip(names, place, strict=True) if number)
            + f"{self.user()}>{self.described()}{self.codings()}</{tag}>"
            for place in self.draw(st.lists(numbers, max_size=3))
        )

    def content(self, text):
        return f"<PlainTextContent>{escape(text).replace(chr(13), '&#13;')}</PlainTextContent>"

    def source(self, own, variables):
        kind = self.draw(
            st.sampled_from(["TextSource", "PictureSource", "PDFSource", "AudioSource", "VideoSource"])
        )
        text = " ".join(self.draw(WORDS))
        if kind == "TextSource":
            inner = self.content(text) + self.passages(text)
        elif kind == "PictureSource":
            inner = self.holder("TextDescription", text)
            inner += self.regions("PictureSelection", ("firstX", "firstY", "secondX", "secondY"))
        elif kind == "PDFSource":
            inner = self.regions("PDFSelection", ("page", "firstX", "firstY", "secondX", "secondY"))
            inner += self.holder("Representation", text)
        else:
            inner = self.transcript(text) + self.regions(kind.replace("Source", "Selection"), ("begin", "end"))
        return f'<{kind} guid="{own}" {self.named()}>{inner}{self.codings()}{self.values(variables)}</{kind}>'

    def holder(self, tag, text):
        if not self.draw(st.booleans()):
            return ""
        return f'<{tag} guid="{self.new()}">{self.content(text)}{self.passages(text)}</{tag}>'

    def transcript(self, text):
        if not self.draw(st.booleans()):
            return ""
        points, selections = "", ""
        for start, end in self.draw(st.lists(spans(len(text)), max_size=3)):
            ends = self.new(), self.new()
            points += (
                f'<SyncPoint guid="{ends[0]}" position="{start}"/><SyncPoint guid="{ends[1]}" position="{end}"/>'
            )
            selections += (
                f'<TranscriptSelection guid="{self.new()}" {self.named()} fromSyncPoint="{ends[0]}" '
                f'toSyncPoint="{ends[1]}">{self.described()}{self.codings(least=1)}</TranscriptSelection>'
            )
        return f'<Transcript guid="{self.new()}">{self.content(text)}{points}{selections}</Transcript>'

    def values(self, variables):
        chosen = self.draw(st.lists(st.sampled_from(variables), unique=True)) if variables else []
        return "".join(
            f'<VariableValue><VariableRef targetGUID="{own}"/>'
            + self.draw(st.sampled_from([f"<{kind}Value>{word}</{kind}Value>" for word in TYPES[kind]] + [""]))
            + "</VariableValue>"
            for own, kind in chosen
        )

    def project(self):
        draw = self.draw
        variables = [(self.new(), kind) for kind in draw(st.lists(st.sampled_from(list(TYPES)), max_size=3))]
        sources = [self.new() for _ in range(draw(st.integers(1, 3)))]
        users = "".join(f'<User guid="{guid(coder)}" name="coder {coder}"/>' for coder in CODERS)
        codes = (
            f'<Code guid="{guid(1)}" name="there" isCodable="true" color="#46AA00">'
            f'<Code guid="{guid(2)}" name="there"/></Code><Code guid="{guid(3)}" name="lack" isCodable="false"/>'
        )
        cases = "".join(
            f'<Case guid="{self.new()}" {self.named()}>{self.values(variables)}'
            + "".join(
                f'<SourceRef targetGUID="{own}"/>' for own in draw(st.lists(st.sampled_from(sources), unique=True))
            )
            + "</Case>"
            for _ in range(draw(st.integers(0, 2)))
        )
        notes = [self.new() for _ in range(draw(st.integers(0, 2)))]
        members = [("MemberCode", guid(code)) for code in CODES] + [("MemberSource", own) for own in sources]
        members += [("MemberNote", own) for own in notes]
        sets = "".join(
            f'<Set guid="{self.new()}" {self.named()}>'
            + "".join(
                f'<{tag} targetGUID="{own}"/>'
                for tag, own in draw(st.lists(st.sampled_from(members), unique=True))
            )
            + "</Set>"
            for _ in range(draw(st.integers(0, 2)))
        )
        return (
            "<?xml version='1.0' encoding='utf-8'?><Project xmlns='urn:QDA-XML:project:1.0' name='p'>"
            f"<Users>{users}</Users><CodeBook><Codes>{codes}</Codes></CodeBook><Variables>"
            + "".join(
                f'<Variable guid="{own}" name="{kind} {n}" typeOfVariable="{kind}"/>'
                for n, (own, kind) in enumerate(variables)
            )
            + f"</Variables><Cases>{cases}</Cases><Sources>"
            + "".join(self.source(own, variables) for own in sources)
            + "</Sources><Notes>"
            + "".join(
                f'<Note guid="{own}" {self.named()}{self.user()}>{self.content("look again")}</Note>'
                for own in notes
            )
            + f"</Notes><Sets>{sets}</Sets></Project>"
        )


def spans(length):
    return st.tuples(st.integers(0, length), st.integers(0, length)).map(sorted)


@st.composite
def projects(draw):
    return Making(draw).project()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(xml=projects())
def test_any_project_reads_back_equal(xml, project, tmp_path):
    first = read_interviews(project(xml), offsets="code points")
    write_interviews(first, tmp_path / "out.qdpx")
    second = read_interviews(tmp_path / "out.qdpx")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table), obj=table)
    write_interviews(second, tmp_path / "again.qdpx")
    assert (tmp_path / "again.qdpx").read_bytes() == (tmp_path / "out.qdpx").read_bytes()


def test_members_of_a_set_keep_their_order(parts, project, tmp_path):
    """The schema wants codes first; another order is written as two sets of one name."""
    members = (
        f'<MemberSource targetGUID="{parts.SOURCE}"/><MemberCode targetGUID="{parts.CODE}"/>'
        f'<MemberCode targetGUID="{parts.OTHER_CODE}"/>'
    )
    sets = f'<Sets><Set guid="{parts.guid(71)}" name="mine">{members}</Set></Sets>'
    first = read_interviews(project(parts.text_source("one two"), after=sets))
    assert first.sets["kind"].tolist() == ["source", "code", "code"]
    write_interviews(first, tmp_path / "out.qdpx")
    pd.testing.assert_frame_equal(first.sets, read_interviews(tmp_path / "out.qdpx").sets)
