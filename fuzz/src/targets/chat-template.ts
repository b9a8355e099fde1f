// A chat template, which is a program: whatever it does, it ends soon and writes little.

import { chatTemplate, type Example } from "@lowrank/data";
import { hostileText } from "../inputs/hostile-values.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import type { Random } from "../inputs/random.ts";
import { corpusOf } from "../inputs/seeds.ts";
import { demand, type Target } from "../target.ts";

const published = corpusOf("chat-template").map((bytes) => new TextDecoder().decode(bytes));
const conversation: Example = {
  kind: "chat",
  messages: ["system", "user", "assistant", "user", "assistant"].map((role) => ({ role, content: ` ${role} é\n` })),
};
const longestOutput = 2 ** 24;

export const chatTemplates: Target = {
  generate(random) {
    const source = random.chance(0.5) ? statements(random, 3) : spliced(random);
    const bytes = new TextEncoder().encode(source);
    return random.chance(0.15) ? mutateBytes(bytes, random) : bytes;
  },

  check(input) {
    const template = chatTemplate(new TextDecoder().decode(input), { bosToken: "<s>", eosToken: "</s>" });
    const { segments } = template.render(conversation);
    const areTexts = segments.every(
      ({ text, isTrained }) => typeof text === "string" && typeof isTrained === "boolean",
    );
    demand(areTexts, "a segment is no text");
    const length = segments.reduce((sum, { text }) => sum + text.length, 0);
    demand(length <= longestOutput, `the template wrote ${length} characters`);
  },
};

/** A published template of which parts are exchanged for others. */
function spliced(random: Random): string {
  const tags = random.pick(published).split(/(?=\{[{%])|(?<=[}%]\})/);
  for (let change = random.integer(4); change > 0; change -= 1) {
    const at = random.integer(tags.length);
    const others = random.pick(published).split(/(?=\{[{%])|(?<=[}%]\})/);
    tags.splice(at, random.integer(2), random.chance(0.5) ? random.pick(others) : statement(random, 2));
  }
  return tags.join("");
}

function statements(random: Random, depth: number): string {
  return random.list(5, () => statement(random, depth)).join("");
}

function statement(random: Random, depth: number): string {
  const name = random.pick(["x", "m", "messages", "loop", "range", "__proto__"]);
  const inner = () => (depth > 0 ? statements(random, depth - 1) : "");
  switch (random.integer(9)) {
    case 0:
      return `{% for ${name} in ${expression(random, 2)} %}${inner()}{% endfor %}`;
    case 1:
      return `{% for m in messages %}{{ m.role }}{{ m['content'] }}${inner()}{% endfor %}`;
    case 2:
      return `{% if ${expression(random, 2)} %}${inner()}{% else %}${inner()}{% endif %}`;
    case 3:
      return `{% set ${name} = ${expression(random, 2)} %}`;
    case 4:
      return `{% macro ${name}(a, b=${expression(random, 1)}) %}${inner()}{{ ${name}(a) }}{% endmacro %}{{ ${name}(1) }}`;
    case 5:
      return `{% filter ${random.pick(filters)} %}${inner()}{% endfilter %}`;
    case 6:
      return random.pick(["text ", "{# note #}", "{% break %}", "{% endif %}", "{{", "%}", hostileText(random)]);
    case 7:
      return `{% set ns = namespace(${name}=${expression(random, 1)}) %}{% set ns.${name} = ns.${name} ~ ns.${name} %}`;
    default:
      return `{{- ${expression(random, 3)} -}}`;
  }
}

const filters = [
  "trim",
  "upper",
  "length",
  "tojson",
  "join(',')",
  "list",
  "first",
  "replace('a', 'aaaa')",
  "indent(9)",
];
const moreFilters = [
  "sort",
  "items",
  "map(attribute='role')",
  "selectattr('role')",
  "string",
  "int",
  "default(1)",
  "nope",
];
const atoms = ["messages", "messages[0].content", "bos_token", "add_generation_prompt", "tools", "loop.index", "none"];
const literals = ["1", "-1", "0.5", "'a'", "[]", "{}", "true", "1e308", "10 ** 9", "'a' * 1000000000", "x", "ns", "m"];
const sizes = [0, 3, 100, 100_000, 1_000_000_000];

function expression(random: Random, depth: number): string {
  if (depth === 0) return random.pick(random.chance(0.5) ? atoms : literals);
  const [left, right] = [expression(random, depth - 1), expression(random, depth - 1)];
  switch (random.integer(9)) {
    case 0:
      return `${left} | ${random.pick(random.chance(0.5) ? filters : moreFilters)}`;
    case 1:
      return `(${left} ${random.pick(["+", "-", "*", "/", "%", "~", "==", "<", "and", "or", "in", "is"])} ${right})`;
    case 2:
      return `range(${random.chance(0.7) ? random.pick(sizes) : left})`;
    case 3:
      return `${left}[${random.pick(["::-1", "0", "'role'", "1:", "'__proto__'", "'constructor'", right])}]`;
    case 4:
      return `${left}.${random.pick(["items()", "split(',')", "strip()", "constructor", "__proto__", "role", "upper()"])}`;
    case 5:
      return `[${left}, ${right}]`;
    case 6:
      return `{'a': ${left}, ${JSON.stringify(hostileText(random))}: ${right}}`;
    case 7:
      return `(${left} if ${right} else ${left})`;
    default:
      return `${random.pick(["raise_exception", "range", "namespace", "dict", "strftime_now", "joiner"])}(${left})`;
  }
}
