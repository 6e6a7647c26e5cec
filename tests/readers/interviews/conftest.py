"""Small projects made to measure, and the folder of real samples."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"


@pytest.fixture(scope="session")
def samples():
    if not SAMPLES.is_dir():
        pytest.skip("the folder of real samples (../shared/samples) is absent")
    return SAMPLES


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


CODE, OTHER_CODE, CODER, OTHER_CODER, SOURCE = guid(1), guid(2), guid(11), guid(12), guid(21)


def coding(code=CODE, coder=CODER, number=900):
    user = f' creatingUser="{coder}"' if coder else ""
    return f'<Coding guid="{guid(number)}"{user}><CodeRef targetGUID="{code}"/></Coding>'


def passage(start, end, *codings, drawn_by=OTHER_CODER, number=500, inside=""):
    return (
        f'<PlainTextSelection guid="{guid(number)}" startPosition="{start}" endPosition="{end}" '
        f'creatingUser="{drawn_by}">{inside}{"".join(codings)}</PlainTextSelection>'
    )


def text_source(content, *inside, name="interview", number=21):
    return (
        f'<TextSource guid="{guid(number)}" name={quoteattr(name)}>'
        f"<PlainTextContent>{escape(content)}</PlainTextContent>{''.join(inside)}</TextSource>"
    )


def file_source(path, *inside, name="interview", number=21):
    opening = f'<TextSource guid="{guid(number)}" name={quoteattr(name)} plainTextPath="{path}">'
    return f"{opening}{''.join(inside)}</TextSource>"


def transcript(content, start, end, *codings):
    """A transcript with one passage between two points of time."""
    return (
        f'<Transcript guid="{guid(25)}"><PlainTextContent>{escape(content)}</PlainTextContent>'
        f'<SyncPoint guid="{guid(61)}" timeStamp="0" position="{start}"/>'
        f'<SyncPoint guid="{guid(62)}" timeStamp="900" position="{end}"/>'
        f'<TranscriptSelection guid="{guid(63)}" fromSyncPoint="{guid(61)}" toSyncPoint="{guid(62)}">'
        f"{''.join(codings)}</TranscriptSelection></Transcript>"
    )


USERS = f'<User guid="{CODER}" name="Ada Ames"/><User guid="{OTHER_CODER}" name="Bo Berg"/>'
CODES = (
    f'<Code guid="{CODE}" name="availability" isCodable="true" color="#46AA00"/>'
    f'<Code guid="{OTHER_CODE}" name="sensitivity" isCodable="true"/>'
)


def project_xml(
    sources="",
    *,
    users=USERS,
    codes=CODES,
    before="",
    after="",
    namespace="urn:QDA-XML:project:1.0",
    attributes="",
):
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="{namespace}" name="p" {attributes}>'
        + (f"<Users>{users}</Users>" if users else "")
        + (f"<CodeBook><Codes>{codes}</Codes></CodeBook>" if codes else "")
        + f"{before}<Sources>{sources}</Sources>{after}</Project>"
    )


@pytest.fixture
def project(tmp_path):
    """Writes a .qdpx from a <Project> or from the sources in it; gives its path."""

    def write(xml, files=None, *, inner="project.qde", name="p.qdpx", **parts):
        if not xml.startswith("<?xml"):
            xml = project_xml(xml, **parts)
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            if inner:
                archive.writestr(inner, xml)
            for member, data in (files or {}).items():
                archive.writestr(member, data)
        return path

    return write


@pytest.fixture
def parts():
    """The building blocks of projects by name."""
    return _Parts


class _Parts:
    guid = staticmethod(guid)
    coding = staticmethod(coding)
    passage = staticmethod(passage)
    text_source = staticmethod(text_source)
    file_source = staticmethod(file_source)
    transcript = staticmethod(transcript)
    project_xml = staticmethod(project_xml)
    CODE, OTHER_CODE, CODER, OTHER_CODER, SOURCE = CODE, OTHER_CODE, CODER, OTHER_CODER, SOURCE
    CODES, USERS = CODES, USERS
