"""The codes of problems, each with what it means and a text that has it: `rustchain explain CODE`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """The code of a problem; a code is never given another meaning."""

    SYNTAX = "RC001"
    NOT_UTF_8 = "RC002"
    CONTROL_CHARACTER = "RC003"
    DUPLICATE_KEY = "RC004"
    KEY_NOT_TEXT = "RC005"
    TAG = "RC006"
    TOO_DEEP = "RC007"
    ALIAS = "RC008"
    NUMBER = "RC009"
    SECOND_DOCUMENT = "RC010"
    EMPTY = "RC011"
    UNREADABLE = "RC012"

    NOT_A_MISSION = "RC100"
    UNKNOWN_KEY = "RC101"
    MISSING_KEY = "RC102"
    WRONG_VALUE = "RC103"
    UNKNOWN_DEPENDENCY = "RC104"
    UNKNOWN_TYPE = "RC105"
    CYCLE = "RC106"
    DUPLICATE_ID = "RC107"
    RESERVED_ID = "RC108"
    OTHER_GRAPH = "RC109"
    VERSION = "RC110"
    LONELY_KEY = "RC111"

    UNKNOWN_PARAMETER = "RC201"
    MISSING_PARAMETER = "RC202"
    WRONG_PARAMETER = "RC203"
    TWO_SPELLINGS = "RC204"

    EXPRESSION = "RC301"
    UNKNOWN_NAME = "RC302"
    UNKNOWN_MEMBER = "RC303"
    NOT_AN_ANCESTOR = "RC304"
    UNKNOWN_OUTPUT = "RC305"
    SECRET_PLACE = "RC306"  # noqa: S105 - a problem's code, not a secret
    OUT_OF_PLACE = "RC307"
    WHOLE_ROOT = "RC308"
    FOREACH_LIST = "RC309"

    MISSING_INPUT = "RC401"
    WRONG_INPUT = "RC402"
    UNKNOWN_INPUT = "RC403"
    INPUT_DECLARATION = "RC404"

    CHILD_FILE = "RC501"
    CHILD_CYCLE = "RC502"
    CHILD_DEPTH = "RC503"

    NOT_YET = "RC601"
    NOT_INSTALLED = "RC602"


class Explanation(NamedTuple):
    """What a code stands for: a title, what to do about it, and a text that has the problem."""

    title: str
    text: str
    example: str


EXPLANATIONS: Mapping[Code, Explanation] = {
    Code.SYNTAX: Explanation(
        "not valid YAML or JSON",
        "The text cannot be read. Most often a quote or bracket is not closed, a tab is used to indent, or a text that "
        "contains `: ` or begins with a special character needs quotes.",
        "name: [unclosed",
    ),
    Code.NOT_UTF_8: Explanation(
        "not UTF-8",
        "Missions are UTF-8 texts, with or without a byte order mark. Save the file in that encoding.",
        "name: caf\\xe9   # Latin-1",
    ),
    Code.CONTROL_CHARACTER: Explanation(
        "a control character",
        "Control characters are not allowed in a document. Inside double quotes write an escape such as \\u0007.",
        "name: bell\\x07",
    ),
    Code.DUPLICATE_KEY: Explanation(
        "a key is written twice",
        "In one mapping each key stands once. Remove one of the two.",
        "name: a\nname: b",
    ),
    Code.KEY_NOT_TEXT: Explanation(
        "a key is not text",
        "Keys are texts. Put a key that reads as a number, a truth value or null in quotes.",
        "variables: {1: one}",
    ),
    Code.TAG: Explanation(
        "a tag",
        "Tags such as `!!python/object` are refused; only those of the YAML core schema are known.",
        "name: !custom x",
    ),
    Code.TOO_DEEP: Explanation(
        "nested too deep", "Lists and mappings nest 200 levels deep at most.", "name: [[[[ … ]]]]"
    ),
    Code.ALIAS: Explanation(
        "an alias that cannot be used",
        "An alias needs an anchor that ended before it; aliases may make a document 100 times larger than written, by "
        "1,000,000 nodes, and no more. `<<` takes mappings.",
        "name: *nowhere",
    ),
    Code.NUMBER: Explanation(
        "a number that JSON cannot hold",
        "Numbers have 64 bits; infinity and NaN have no place in JSON. In quotes it is a text.",
        "variables: {n: .inf}",
    ),
    Code.SECOND_DOCUMENT: Explanation(
        "more than one document",
        "A mission file holds one document: remove what follows `---`.",
        "name: a\n---\nname: b",
    ),
    Code.EMPTY: Explanation(
        "an empty document", "The file holds nothing but comments and blank space.", "# nothing"
    ),
    Code.UNREADABLE: Explanation(
        "a file that cannot be read as a mission",
        "It is absent, a folder, a device or pipe, larger than 1 GiB, or not yours to read.",
        "rustchain run absent.yaml",
    ),
    Code.NOT_A_MISSION: Explanation(
        "not a mission", "A mission is a mapping with at least `version`, `name` and `steps`.", "- 1"
    ),
    Code.UNKNOWN_KEY: Explanation(
        "an unknown key",
        "The mission format does not know this key here. Free values have their place in `variables` and "
        "`config.settings`.",
        "steps: [{id: a, step_type: noop, depend_on: []}]",
    ),
    Code.MISSING_KEY: Explanation("a missing key", "This key has to be written.", "steps: [{id: a}]"),
    Code.WRONG_VALUE: Explanation(
        "a wrong value",
        "The value has another type than this key takes, or lies outside its bounds.",
        "steps: [{id: a, step_type: noop, timeout_seconds: soon}]",
    ),
    Code.UNKNOWN_DEPENDENCY: Explanation(
        "unknown step in depends_on",
        "`depends_on` names ids of steps of the same graph.",
        "steps: [{id: a, step_type: noop, depends_on: [b]}]",
    ),
    Code.UNKNOWN_TYPE: Explanation(
        "unknown step type",
        "No step type of this name is built in or installed. `rustchain steps list` shows all.",
        "steps: [{id: a, step_type: creat_file}]",
    ),
    Code.CYCLE: Explanation(
        "steps that wait for one another",
        "Each of these steps waits for another of them, so that none could ever start. Remove one dependency.",
        "steps:\n- {id: a, step_type: noop, depends_on: [b]}\n- {id: b, step_type: noop, depends_on: [a]}",
    ),
    Code.DUPLICATE_ID: Explanation(
        "an id is used twice",
        "Ids are unique in a mission, `finally` included.",
        "steps: [{id: a, step_type: noop}, {id: a, step_type: noop}]",
    ),
    Code.RESERVED_ID: Explanation(
        "an id that means something else",
        "An id cannot be a word of the expression language, one of its roots, an input or a variable: an expression "
        "could not tell them apart.",
        "steps: [{id: env, step_type: noop}]",
    ),
    Code.OTHER_GRAPH: Explanation(
        "a dependency on the other graph",
        "`finally` is a graph of its own: its steps depend on one another only, and no step depends on them.",
        "finally: [{id: z, step_type: noop, depends_on: [a]}]",
    ),
    Code.VERSION: Explanation(
        "an unknown version of the mission format",
        "This engine reads version 1 of the format.",
        'version: "2.0"',
    ),
    Code.LONELY_KEY: Explanation(
        "a key without the one it belongs to",
        "`max_parallel` and `max_failures` belong to `foreach`.",
        "steps: [{id: a, step_type: noop, max_parallel: 2}]",
    ),
    Code.UNKNOWN_PARAMETER: Explanation(
        "unknown parameter",
        "The step type does not take this parameter. `rustchain steps show NAME` lists what it takes.",
        "steps: [{id: a, step_type: noop, parameters: {mesage: x}}]",
    ),
    Code.MISSING_PARAMETER: Explanation(
        "missing parameter",
        "The step type cannot do without this parameter.",
        "steps: [{id: a, step_type: read_file, parameters: {}}]",
    ),
    Code.WRONG_PARAMETER: Explanation(
        "wrong parameter",
        "The value has another type than the parameter takes, or lies outside its bounds. What is written without an "
        "expression is never converted: a text needs quotes where it looks like a number.",
        "steps: [{id: a, step_type: noop, parameters: {message: 3}}]",
    ),
    Code.TWO_SPELLINGS: Explanation(
        "one thing written in two spellings",
        "Both names stand for the same key. Keep one.",
        "config: {parallel_limit: 2, max_concurrent_steps: 2}",
    ),
    Code.EXPRESSION: Explanation(
        "invalid expression",
        "What stands between `{{` and `}}` is not an expression of the mission's language.",
        'parameters: {message: "{{ 1 + }}"}',
    ),
    Code.UNKNOWN_NAME: Explanation(
        "unknown name in an expression",
        "The name is no step, variable or root. Declare it in `variables`, pass it with `--var NAME=…`, or give it a "
        "value with `default(…)`.",
        'parameters: {message: "{{ nosuch }}"}',
    ),
    Code.UNKNOWN_MEMBER: Explanation(
        "unknown input, secret, variable or key in an expression",
        "What follows the dot is not declared in this mission.",
        'parameters: {message: "{{ inputs.nosuch }}"}',
    ),
    Code.NOT_AN_ANCESTOR: Explanation(
        "a step that may not have ended yet",
        "A step reads only steps it depends on, directly or through others. Add the step to `depends_on`.",
        'parameters: {message: "{{ later.output.message }}"}',
    ),
    Code.UNKNOWN_OUTPUT: Explanation(
        "unknown field of a step",
        "The step has no such field. A finished step has `output`, `status`, `error`, `duration_ms` and `attempts`; "
        "with `foreach` also `items`.",
        'parameters: {message: "{{ a.output.nosuch }}"}',
    ),
    Code.SECRET_PLACE: Explanation(
        "a secret where it could be seen",
        "Secrets go where a parameter takes them (headers, passwords, keys, standard input …), into `env` or into "
        "`connections`; in arguments, addresses and paths others could read them.",
        'parameters: {command: curl, args: ["{{ secrets.token }}"]}',
    ),
    Code.OUT_OF_PLACE: Explanation(
        "a name that has no meaning here",
        "`item` and `index` are there with `foreach`, `previous` with `repeat`, `output` in `until` and `expect`, "
        "`run.status` and `run.failed` in `finally`.",
        'steps: [{id: a, step_type: noop, parameters: {message: "{{ item }}"}}]',
    ),
    Code.WHOLE_ROOT: Explanation(
        "a root without a name",
        "`env`, `secrets` and `steps` are read one name at a time, written out: `env.HOME`, `steps['my-id'].output`.",
        'parameters: {message: "{{ env }}"}',
    ),
    Code.FOREACH_LIST: Explanation(
        "an expression inside a list of foreach",
        "`foreach` takes a list of values, or one expression that gives a list.",
        'foreach: ["{{ a.output.x }}"]   # write: foreach: "[a.output.x]"',
    ),
    Code.MISSING_INPUT: Explanation(
        "a missing input",
        "The input has no default. Pass it with `-i NAME=VALUE`, or in a file with `--inputs`.",
        "inputs: {region: {type: string}}",
    ),
    Code.WRONG_INPUT: Explanation(
        "a wrong input",
        "The value given is not what the mission declares for this input.",
        "rustchain run m.yaml -i n=x",
    ),
    Code.UNKNOWN_INPUT: Explanation(
        "an unknown input", "The mission declares no input of this name.", "rustchain run m.yaml -i regoin=EU"
    ),
    Code.INPUT_DECLARATION: Explanation(
        "an input whose declaration contradicts itself",
        "The default is not a value that the input takes, or a keyword of its schema is not valid.",
        "inputs: {n: {type: integer, default: x}}",
    ),
    Code.CHILD_FILE: Explanation(
        "a child mission that cannot be loaded",
        "A step of type `mission` names one file, written out, relative to the file that names it, or holds `steps`.",
        "steps: [{id: a, step_type: mission, parameters: {file: absent.yaml}}]",
    ),
    Code.CHILD_CYCLE: Explanation(
        "missions that contain one another",
        "A mission cannot be its own child.",
        "file: self.yaml   # in self.yaml",
    ),
    Code.CHILD_DEPTH: Explanation(
        "missions nested too deep", "Child missions nest 16 levels deep at most.", "file: deeper.yaml"
    ),
    Code.NOT_YET: Explanation(
        "a promise this version cannot keep",
        "The mission asks for protection or supervision that this version does not have yet; it is refused rather "
        "than run without it.",
        "steps: [{id: a, step_type: command, sandbox: {require: strong}, parameters: {command: ls}}]",
    ),
    Code.NOT_INSTALLED: Explanation(
        "a package or program that is not installed",
        "A step type needs what this machine lacks; the step will fail. Install it where the mission is to run: "
        "`rustchain doctor` lists all that step types need.",
        "steps: [{id: a, step_type: parse_xml, parameters: {path: a.xml}}]   # without rustchain[xml]",
    ),
}
"""Every code's explanation."""
