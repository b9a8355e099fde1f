// Random texts of schemas, token by token with the tiny model's vocabulary. Ajv decides whether they fit.

import { readFileSync } from "node:fs";
import { TextTokenizer } from "@lowrank/data";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { jsonConstraint } from "./json-constraint.ts";

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../tiny-model/model/${file}`, import.meta.url), "utf8"));
const tokenizer = TextTokenizer.fromJson(read("tokenizer.json"), read("tokenizer_config.json"));
const bytes = tokenizer.tokenBytes() ?? new Map<number, string>();

function record(properties: Readonly<Record<string, object>>) {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function randomGenerator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

/** Tokens that end a text, a list or an object are more likely, or texts would grow too long. */
function randomText(schema: object | undefined, random: () => number): string | undefined {
  const constraint = jsonConstraint(tokenizer, schema, [0])();
  const ids: number[] = [];
  while (!constraint.isComplete && ids.length < 300) {
    const mask = constraint.allowed() ?? new Uint32Array();
    const allowed = [...Array(mask.length * 32).keys()].filter((id) => ((mask[id >>> 5] ?? 0) >>> (id & 31)) & 1);
    const ending = allowed.filter((id) => /^["}\]]/.test(bytes.get(id) ?? "}"));
    const from = ending.length > 0 && random() < 0.5 ? ending : allowed;
    const id = from[Math.floor(random() * from.length)] ?? -1;
    if (id === 0) return tokenizer.decode(ids);
    constraint.accept(id);
    ids.push(id);
  }
  return constraint.isComplete ? tokenizer.decode(ids) : undefined;
}

const node = { $ref: "#/$defs/node" };
const schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  numbers: record({
    share: { type: "number", minimum: 0, maximum: 1 },
    count: { type: "integer", minimum: 3, maximum: 120 },
    price: { type: "number", exclusiveMinimum: 0 },
    below: { type: "number", minimum: -0.5, exclusiveMaximum: -0.2 },
    any: { type: ["number", "null"] },
    safe: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  }),
  texts: record({ short: { type: "string", minLength: 3, maxLength: 5 }, 'é"\n': { const: "ü\\😀" } }),
  optional: {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "integer" }, c: { type: "null" }, d: { type: "boolean" } },
    required: ["b", "d"],
    additionalProperties: false,
  },
  "a tree": {
    $ref: "#/$defs/node",
    $defs: {
      node: record({ value: { enum: [1, "one", null] }, children: { type: "array", items: node, maxItems: 2 } }),
    },
  },
  "a discriminated union": {
    oneOf: [
      record({ kind: { const: "a" }, x: { type: "string" } }),
      record({ kind: { const: "b" }, y: { minItems: 1 } }),
    ],
  },
  "a tuple and a map": record({
    pair: { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
    map: { type: "object", additionalProperties: { type: "boolean" } },
  }),
  "a number alone": { type: "integer" },
  "names with a meaning in JavaScript": JSON.parse(
    '{"properties": {"__proto__": {"$ref": "#/$defs/__proto__"}, "constructor": {"type": "null"}}, "required": ["__proto__", "constructor"], "$defs": {"__proto__": {"type": "boolean"}}}',
  ),
  "references in several spellings": {
    anyOf: ["a~0~1%20", "%61~0~1%20", "a~~1 "].map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: { "a~/ ": { type: "array", items: { type: "boolean" }, maxItems: 2 } },
  },
  "a maximum without effect": record({ a: { type: "string", maxLength: 1e300 } }),
};

describe("jsonConstraint", () => {
  it.each(Object.entries(schemas))("allows texts that fit the schema, and only these: %s", (_, schema) => {
    const [fits, random] = [new Ajv2020({ strict: false }).compile(schema), randomGenerator(1)];
    const texts = Array.from({ length: 12 }, () => randomText(schema, random)).filter((text) => text !== undefined);
    expect(texts.length).toBeGreaterThan(3);
    for (const text of texts) expect([text, fits(JSON.parse(text)), fits.errors]).toEqual([text, true, null]);
  });

  it("without a schema allows JSON objects", () => {
    const random = randomGenerator(2);
    const texts = Array.from({ length: 12 }, () => randomText(undefined, random)).filter((text) => text !== undefined);
    for (const text of texts) expect(JSON.parse(text)).toBeTypeOf("object");
    expect(texts.length).toBeGreaterThan(3);
  });

  it("reads objects that make a schema, such as zod's", () => {
    const constraint = jsonConstraint(tokenizer, { toJSONSchema: () => ({ const: true }) }, [0])();
    for (const id of tokenizer.encode("true")) constraint.accept(id);
    expect(constraint.isComplete).toBe(true);
  });

  it.each([
    ["a pattern", record({ a: { type: "string", pattern: "^a" } }), '#/properties/a: "pattern" cannot be guaranteed'],
    ["a type that is none", { type: null }, "the type null does not exist"],
    ["not", { not: { type: "string" } }, '"not" cannot be guaranteed'],
    ["an address", { $ref: "https://example.com/a" }, "expected a place in this schema"],
    ["a missing place", { $ref: "#/$defs/a" }, "which does not exist"],
    ["itself", { $ref: "#" }, "#: it requires itself"],
    ["itself, required", { $ref: "#/$defs/a", $defs: { a: record({ a: { $ref: "#/$defs/a" } }) } }, "requires itself"],
    ["schemas that overlap", { oneOf: [{ type: "integer" }, { type: "number" }] }, 'use "anyOf"'],
    ["an empty range", { type: "integer", minimum: 3, maximum: 2 }, "no number"],
    ["a required property without a schema", { type: "object", required: ["a"] }, '"a" is required'],
    ["a megabyte", { description: "a".repeat(2 ** 20) }, "characters; at most"],
    ["deep nesting", JSON.parse(`${'{"items":'.repeat(1000)}{}${"}".repeat(1000)}`), "levels deep"],
  ])("refuses %s", (_, schema, message) => {
    const make = () => jsonConstraint(tokenizer, schema, []);
    expect(make).toThrow(expect.objectContaining({ code: "UNSUPPORTED_SCHEMA" }));
    expect(make).toThrow(message);
  });

  it("answers soon for a schema of very many ways to read a text", () => {
    const items = Array.from({ length: 300 }, (_, index) => ({
      type: "array",
      items: { $ref: "#" },
      minItems: index % 7,
    }));
    const lengths = Array.from({ length: 300 }, (_, maxLength) => ({ type: "string", maxLength }));
    const numbers = Array.from({ length: 300 }, (_, index) => ({
      type: "integer",
      minimum: index,
      maximum: 1e14 + index,
    }));
    for (const [anyOf, text] of [
      [items, "[[[[[["],
      [lengths, '"a b c'],
      [numbers, "12345"],
    ] as const) {
      const constraint = jsonConstraint(tokenizer, { anyOf }, [0])();
      const begun = performance.now();
      for (const character of text) {
        constraint.allowed();
        constraint.accept(tokenizer.encode(character)[0] ?? 0);
      }
      expect(performance.now() - begun).toBeLessThan(5000);
    }
  });

  it("reads what a reference leads to once, however the reference is written", () => {
    const spellings = Array.from({ length: 420 }, (_, bits) =>
      Array.from({ length: 9 }, (_, bit) => ((bits >> bit) & 1 ? "~0" : "~")).join(""),
    );
    const large = { anyOf: Array.from({ length: 1200 }, (_, maxItems) => ({ items: { maxItems } })) };
    const anyOf = [...spellings, "100%"].map((name) => ({ $ref: `#/$defs/${name}` }));
    const schema = { anyOf, $defs: { "~~~~~~~~~": large, "100%": true } };
    const begun = performance.now();
    expect(jsonConstraint(tokenizer, schema, [0])().isComplete).toBe(false);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});
