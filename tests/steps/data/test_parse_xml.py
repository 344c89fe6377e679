import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.steps import ran, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.errors import StepFailed, Stopped
from rustchain.model.failures import Failure
from rustchain.steps.data import _xml

SHEET = '<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform">{}</x:stylesheet>'
ROOT = '<x:template match="/">{}</x:template>'
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=8)
ELEMENTS = st.recursive(
    st.builds(lambda tag, text: {"tag": tag, "attributes": {}, "text": text, "children": []}, NAMES, TEXTS),
    lambda inner: st.builds(
        lambda tag, attributes, children: {
            "tag": tag,
            "attributes": attributes,
            "text": "",
            "children": children,
        },
        NAMES,
        st.dictionaries(NAMES, TEXTS, max_size=3),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


def failure(tmp_path: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_step("parse_xml", parameters, tmp_path)
    return caught.value


def element(shape: dict[str, Any]) -> etree._Element:
    made = etree.Element(shape["tag"], shape["attributes"])
    made.text = shape["text"]
    made.extend(map(element, shape["children"]))
    return made


@given(ELEMENTS)
def test_an_element_comes_back_with_all_that_is_in_it(shape):
    assert _xml.to_json(_xml.parse(etree.tostring(element(shape)), "content"), "content") == shape


def test_mixed_text_stays_where_it_stands(tmp_path):
    content = "<p>one <b>two</b> three<br/>\n <![CDATA[<]]></p>"
    parsed = run_step("parse_xml", {"content": content}, tmp_path)["parsed"]
    assert (parsed["tag"], parsed["text"]) == ("p", "one ")
    assert [(c["tag"], c["text"], c["tail"]) for c in parsed["children"]] == [
        ("b", "two", " three"),
        ("br", "", "\n <"),
    ]


def test_comments_do_not_cut_a_text(tmp_path):
    assert run_step("parse_xml", {"content": "<a>x<!-- c --><?pi?>y</a>"}, tmp_path)["parsed"]["text"] == "xy"


def test_names_show_their_namespace(tmp_path):
    content = '<r xmlns="urn:d" xmlns:p="urn:p"><p:a p:k="1"/></r>'
    found = run_step("parse_xml", {"content": content, "xpath": "//p:a"}, tmp_path)
    assert found["parsed"]["tag"] == "{urn:d}r"
    assert found["matches"] == [
        {"tag": "{urn:p}a", "attributes": {"{urn:p}k": "1"}, "text": "", "children": []}
    ]


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("//item/@price", ["2", "9"]),
        ("//item[@price > 5]/text()", ["ink"]),
        ("count(//item)", [2]),
        ("sum(//@price) div 2", [5.5]),
        ("0 div 0", [None]),
        ("count(//item) = 2", [True]),
        ("string(//item)", ["pen"]),
        ("//nothing", []),
    ],
)
def test_an_xpath_gives_a_list_of_plain_values(path, matches, tmp_path):
    content = '<order><item price="2">pen</item><item price="9">ink</item></order>'
    assert run_step("parse_xml", {"content": content, "xpath": path}, tmp_path)["matches"] == matches


@pytest.mark.parametrize("path", ["//a[", "//undeclared:a", "document('/etc/passwd')", "re:test('a', 'a')"])
def test_a_wrong_xpath_fails(path, tmp_path):
    assert failure(tmp_path, content="<a/>", xpath=path).kind is Failure.INVALID_PARAMETERS


def test_a_file_is_read_in_the_encoding_it_declares(tmp_path):
    (tmp_path / "a.xml").write_bytes('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"))
    assert run_step("parse_xml", {"path": "a.xml"}, tmp_path)["parsed"]["text"] == "é"


def test_a_text_is_text_already_whatever_it_declares(tmp_path):
    content = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'
    assert run_step("parse_xml", {"content": content}, tmp_path)["parsed"]["text"] == "é"


@pytest.mark.parametrize(
    ("text", "line"), [("<a>\n<b></a>", 2), ("", 1), ("<a>\n&foo;</a>", 2), ("<a>\0</a>", 1)]
)
def test_what_is_not_xml_fails_with_its_place(text, line, tmp_path):
    wrong = failure(tmp_path, content=text)
    assert wrong.kind is Failure.INVALID_DATA
    assert wrong.detail["line"] == line
    assert wrong.message.count("line") == 1 or "tag" in wrong.message


LAUGHS = '<!DOCTYPE a [<!ENTITY l0 "ha">{}]><a>&l9;</a>'.format(
    "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
)


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        LAUGHS.replace("<a>&l9;</a>", "<a b='&l9;'/>"),
        '<!DOCTYPE a [<!ENTITY x "y">]><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "secret.txt">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "secret.txt"> %p;]><a/>',
        '<!DOCTYPE a SYSTEM "secret.txt"><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "secret.txt"><a b="&x;"/>',
    ],
)
def test_entities_of_the_documents_own_are_refused(content, tmp_path):
    (tmp_path / "secret.txt").write_text('<!ENTITY x "secret">')
    began = time.monotonic()
    wrong = failure(tmp_path, content=content)
    assert wrong.kind is Failure.INVALID_DATA
    assert time.monotonic() - began < 2


def test_a_document_type_without_entities_is_fine(tmp_path):
    content = '<!DOCTYPE html PUBLIC "x" "http://127.0.0.1:9/x.dtd"><html>&lt;&#65;</html>'
    assert run_step("parse_xml", {"content": content}, tmp_path)["parsed"]["text"] == "<A"


@pytest.mark.parametrize(("depth", "kind"), [(101, Failure.LIMIT), (300, Failure.INVALID_DATA)])
def test_too_deep_a_nesting_is_refused(depth, kind, tmp_path):
    assert failure(tmp_path, content="<a>" * depth + "</a>" * depth).kind is kind


def test_too_large_a_document_is_refused(tmp_path):
    assert failure(tmp_path, content=f"<a>{' ' * (16 << 20)}</a>").kind is Failure.LIMIT


def test_a_transform_makes_another_document(tmp_path):
    made = ROOT.format("<o n='{count(//i)}'><x:comment>c</x:comment>tail<x:copy-of select='//i[2]'/></o>")
    parameters = {
        "content": "<a><i>1</i><i>2</i></a>",
        "transform": SHEET.format(made),
        "xpath": "//i/text()",
    }
    found = run_step("parse_xml", parameters, tmp_path)
    assert (found["parsed"]["attributes"], found["parsed"]["text"]) == ({"n": "2"}, "tail")
    assert found["matches"] == ["2"]


def test_a_transform_may_make_a_text(tmp_path):
    sheet = SHEET.format('<x:output method="text"/>' + ROOT.format('<x:value-of select="/a"/>!'))
    found = run_step("parse_xml", {"content": "<a>hi</a>", "transform": sheet}, tmp_path)
    assert found == {"parsed": "hi!", "matches": [], "valid": True}
    assert failure(tmp_path, content="<a/>", transform=sheet, xpath="//a").kind is Failure.INVALID_DATA


@pytest.fixture
def asked():
    """Requests made to a server on loopback."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x.xsl", requests
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "sheet",
    [
        SHEET.format(ROOT.format("<o><x:copy-of select=\"document('{place}')\"/></o>")),
        SHEET.format("<x:include href='{place}'/>"),
        SHEET.format("<x:import href='{place}'/>"),
    ],
)
def test_a_transform_reaches_neither_files_nor_network(sheet, asked, tmp_path):
    (tmp_path / "x.xsl").write_text(SHEET.format(ROOT.format("<secret/>")))
    url, requests = asked
    for place in (url, str(tmp_path / "x.xsl"), (tmp_path / "x.xsl").as_uri()):
        wrong = failure(tmp_path, content="<a/>", transform=sheet.replace("{place}", place))
        assert wrong.kind is Failure.INVALID_DATA
    assert requests == []


def test_a_transform_writes_no_file(tmp_path):
    write = f'<e:document href="{tmp_path}/out.txt" xmlns:e="http://exslt.org/common">x</e:document>'
    sheet = SHEET.replace(
        "version", 'extension-element-prefixes="e" xmlns:e="http://exslt.org/common" version'
    )
    failure(tmp_path, content="<a/>", transform=sheet.format(ROOT.format(write)))
    assert not (tmp_path / "out.txt").exists()


TWICE = (
    '<x:template name="t"><x:param name="n"/><x:if test="$n > 0">'
    '<x:call-template name="t"><x:with-param name="n" select="$n - 1"/></x:call-template>'
    '<x:call-template name="t"><x:with-param name="n" select="$n - 1"/></x:call-template></x:if></x:template>'
)


def test_a_transform_that_does_not_end_can_be_stopped(tmp_path):
    start = ROOT.format(
        '<o><x:call-template name="t"><x:with-param name="n" select="100"/></x:call-template></o>'
    )
    sheet = SHEET.format(start + TWICE)
    done = ran("parse_xml", {"content": "<a/>", "transform": SHEET.format(ROOT.format("<o/>"))}, tmp_path)
    parameters = type(done.parameters)(content="<a/>", transform=sheet)
    stopper = threading.Timer(0.2, lambda: setattr(done.context, "stop", Stopped()))
    stopper.start()
    with pytest.raises(Stopped):
        done.type.run(parameters, done.context)


@pytest.mark.parametrize(
    "sheet",
    [
        "<a>",
        SHEET.format("<x:nonsense/>" + ROOT.format("<x:nonsense/>")),
        SHEET.format(ROOT.format("<x:message terminate='yes'>no</x:message>")),
        SHEET.format(
            ROOT.format("<x:call-template name='t'/>")
            + "<x:template name='t'><x:call-template name='t'/></x:template>"
        ),
    ],
)
def test_a_wrong_transform_fails(sheet, tmp_path):
    assert failure(tmp_path, content="<a/>", transform=sheet).kind is Failure.INVALID_DATA


def test_without_lxml_the_step_is_known_and_says_what_to_install(tmp_path):
    assert [r.extra for r in Catalogue()["parse_xml"].needs] == ["xml"]
    code = (
        "import sys; sys.modules['lxml'] = None\n"
        "from rustchain.catalogue import Catalogue\n"
        "from rustchain.model.errors import StepFailed\n"
        "kind = Catalogue()['parse_xml']\n"
        "try:\n    kind.run(kind.parameters(content='<a/>'), None)\n"
        "except StepFailed as failure:\n    print(failure.kind, failure.message)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "missing_dependency needs lxml: pip install 'rustchain[xml]'"
