// A JSON schema (draft 2020-12) as a grammar. Every text of the grammar fits the schema; what the grammar cannot guarantee is
// refused, never ignored. Objects have their properties in the schema's order, and no others.

import { listed } from "@lowrank/contracts";
import { describeValue, isObject, parseJson } from "@lowrank/contracts/internal";
import { unsupportedSchema } from "../errors/usage-errors.ts";
import { anyList, anyObject, anyText, type CountBounds, list, quoted, space } from "./json-rules.ts";
import { numeral, unbounded } from "./number-rules.ts";
import { oneOf, oneOfTexts, type Rule, type Sequence, text } from "./rules.ts";

type Schema = Readonly<Record<string, unknown>>;
/** Schemas without whose texts this one has none: one of the lists is enough. */
type Needs = readonly (readonly unknown[])[];

interface Value {
  readonly rule: Rule;
  readonly needs: Needs;
}

/** A value that needs no other one. */
const free = (rule: Rule): Value => ({ rule, needs: [[]] });

const notes = new Set(
  "$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly".split(" "),
);
const combining = ["$ref", "anyOf", "oneOf"] as const;
const keywords = {
  object: ["properties", "required", "additionalProperties", "propertyNames"],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
};
const ofTypes = new Set(Object.values(keywords).flat());
const supported = new Set([...notes, ...combining, ...ofTypes, "type", "enum", "const"]);
const maxCharacters = 2 ** 16;
const maxDepth = 64;
/** Of a text or a list. No answer is longer, so a larger maximum is none. */
const longest = 2 ** 24;

const [anyNumber, truth] = [numeral({ ...unbounded, isInteger: false }) as Rule, oneOfTexts(["true", "false"])];
const anyValue: Rule = oneOf(() => [
  [anyObject(anyValue)],
  [anyList(anyValue, { min: 0, max: Number.POSITIVE_INFINITY })],
  ...[[anyText], [anyNumber], [truth], text("null")],
]);

/** The first token of SentencePiece begins with a space. */
const start = oneOfTexts(["", " "]);

/** The grammar of any JSON object. */
export const objectGrammar: Sequence = [start, anyObject(anyValue)];

/** The grammar of a schema, from its JSON text. Throws UNSUPPORTED_SCHEMA with its problems. */
export function schemaGrammar(json: string): Sequence {
  if (json.length > maxCharacters)
    throw unsupportedSchema([`it has ${json.length} characters; at most ${maxCharacters} are supported`]);
  const refuse = (reason: string) => unsupportedSchema([`it ${reason}`]);
  return new SchemaReader(parseJson(json, { maxDepth, refuse })).grammar();
}

class SchemaReader {
  readonly #faults: string[] = [];
  /** Each schema is read once, however many references lead to it, and however these are written. */
  readonly #values = new Map<unknown, Value & { readonly at: string }>();
  readonly #references = new Map<unknown, Value & { readonly at: string }>();

  constructor(private readonly root: unknown) {}

  grammar(): Sequence {
    const rule = this.#read(this.root, "#");
    // A map also iterates over what is added meanwhile.
    for (const [schema, { at }] of this.#references) this.#read(schema, at);
    if (this.#faults.length === 0) this.#checkEnds();
    if (this.#faults.length > 0) throw unsupportedSchema(this.#faults.slice(0, 10));
    return [start, rule];
  }

  /** Finds schemas that have finite texts, from the leaves on; of the others a text would never end. */
  #checkEnds(): void {
    const endless = new Map(this.#values);
    const users = new Map<unknown, unknown[]>();
    for (const [user, { needs }] of endless)
      for (const schema of needs.flat()) {
        const others = users.get(schema);
        if (others === undefined) users.set(schema, [user]);
        else others.push(user);
      }
    const waiting = [...endless.keys()];
    for (const schema of waiting) {
      const needs = endless.get(schema)?.needs ?? [];
      if (!needs.some((schemas) => schemas.every((each) => !endless.has(each)))) continue;
      endless.delete(schema);
      waiting.push(...(users.get(schema) ?? []));
    }
    for (const { at } of endless.values()) this.#faults.push(`${at}: it requires itself, so no finite value fits it`);
  }

  #read(schema: unknown, at: string): Rule {
    const cached = this.#values.get(schema);
    if (cached !== undefined) return cached.rule;
    const value = this.#value(schema, at);
    if (isObject(schema)) this.#values.set(schema, { ...value, at });
    return value.rule;
  }

  #fault(at: string, fault: string): Value {
    this.#faults.push(`${at}: ${fault}`);
    return free(anyValue);
  }

  #value(schema: unknown, at: string): Value {
    if (schema === true) return free(anyValue);
    if (!isObject(schema)) return this.#fault(at, `expected a schema, got ${describeValue(schema)}`);
    const present = Object.keys(schema).filter((name) => !notes.has(name));
    const wrong = present.filter((name) => !supported.has(name));
    if (wrong.length > 0) return this.#fault(at, `${listed(wrong)} cannot be guaranteed; remove it`);
    const combiner = combining.find((name) => name in schema);
    if (combiner !== undefined) {
      const others = present.filter((name) => name !== combiner);
      if (others.length > 0) return this.#fault(at, `${listed(others)} next to "${combiner}" is not supported`);
      return combiner === "$ref"
        ? this.#reference(schema.$ref, at)
        : this.#alternatives(schema[combiner], at, combiner);
    }
    if ("const" in schema || "enum" in schema) return this.#constants(schema, at);
    const implied = Object.entries(keywords).flatMap(([type, names]) =>
      present.some((name) => names.includes(name)) ? type : [],
    );
    const types: readonly unknown[] = "type" in schema ? [schema.type].flat() : implied;
    if (types.length === 0) return free(anyValue);
    const values = types.map((type) => this.#ofType(type, schema, at));
    return { rule: oneOf(() => values.map(({ rule }) => [rule])), needs: values.flatMap(({ needs }) => needs) };
  }

  #reference(ref: unknown, at: string): Value {
    if (typeof ref !== "string" || !/^#(\/|$)/.test(ref))
      return this.#fault(at, `"$ref" is ${describeValue(ref)}; expected a place in this schema: "#/$defs/name"`);
    // JSON pointers in a fragment (RFC 6901, sections 4 and 6).
    const names = percentDecoded(ref).split("/").slice(1);
    const keys = names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    const target = keys.reduce<unknown>((of, key) => {
      return (isObject(of) || Array.isArray(of)) && Object.hasOwn(of, key) ? (of as Schema)[key] : undefined;
    }, this.root);
    if (target === undefined) return this.#fault(at, `"$ref" points to ${ref}, which does not exist`);
    const known = this.#references.get(target);
    if (known !== undefined) return known;
    const reference = { rule: oneOf(() => [[this.#read(target, ref)]]), needs: [[target]], at: ref };
    this.#references.set(target, reference);
    return reference;
  }

  #alternatives(given: unknown, at: string, keyword: "anyOf" | "oneOf"): Value {
    if (!Array.isArray(given) || given.length === 0) return this.#fault(at, `"${keyword}" must be a list of schemas`);
    const branches: readonly unknown[] = given;
    if (keyword === "oneOf" && !areDistinct(branches))
      return this.#fault(at, 'a value may fit several schemas of "oneOf"; use "anyOf", or another "const" in each');
    const rules = branches.map((branch, index) => this.#read(branch, `${at}/${keyword}/${index}`));
    return { rule: oneOf(() => rules.map((rule) => [rule])), needs: branches.map((branch) => [branch]) };
  }

  #constants(schema: Schema, at: string): Value {
    const constants: unknown = "const" in schema ? [schema.const] : schema.enum;
    const other = Object.keys(schema).filter((name) => ofTypes.has(name));
    if (other.length > 0) return this.#fault(at, `${listed(other)} next to constants is not supported`);
    const types: readonly unknown[] = [schema.type ?? []].flat();
    const fits = (value: unknown) => types.length === 0 || typesOf(value).some((type) => types.includes(type));
    const values = Array.isArray(constants) ? constants.filter(fits) : [];
    if (values.length === 0) return this.#fault(at, '"enum" has no value of the type');
    return free(oneOfTexts(values.map((value) => JSON.stringify(value))));
  }

  #ofType(type: unknown, schema: Schema, at: string): Value {
    if (type === "object") return this.#object(schema, at);
    if (type === "array") return this.#array(schema, at);
    if (type === "string") return free(quoted(this.#counts(schema, at, "Length")));
    if (type === "boolean") return free(truth);
    if (type === "null") return free(oneOfTexts(["null"]));
    if (type === "number" || type === "integer") return this.#numeral(type, schema, at);
    return this.#fault(at, `the type ${describeValue(type)} does not exist`);
  }

  #numeral(type: "number" | "integer", schema: Schema, at: string): Value {
    const bound = (name: string, none: number) => this.#number(schema, at, { name, none });
    const [low, high] = [bound("exclusiveMinimum", unbounded.min), bound("exclusiveMaximum", unbounded.max)];
    const min = Math.max(bound("minimum", unbounded.min), low);
    const max = Math.min(bound("maximum", unbounded.max), high);
    const rule = numeral({ min, max, excluded: [low, high], isInteger: type === "integer" });
    return rule === undefined ? this.#fault(at, "no number of at most 15 digits is within its bounds") : free(rule);
  }

  #array(schema: Schema, at: string): Value {
    const prefix: readonly unknown[] = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const { items = prefix.length === 0 } = schema;
    const bounds = this.#counts(schema, at, "Items");
    const max = items === false ? Math.min(bounds.max, prefix.length) : bounds.max;
    // A tuple is written whole.
    const min = Math.max(bounds.min, Math.min(prefix.length, max));
    if (min > max) return this.#fault(at, `it needs ${min} elements and allows ${max}`);
    const first = prefix.map((each, index) => this.#read(each, `${at}/prefixItems/${index}`));
    const element = items === false ? anyValue : this.#read(items, `${at}/items`);
    return {
      rule: anyList(element, { min, max }, first),
      needs: [[...prefix.slice(0, min), ...(min > prefix.length ? [items] : [])]],
    };
  }

  #object(schema: Schema, at: string): Value {
    const { properties = {}, required = [], additionalProperties = true, propertyNames = {} } = schema;
    if (!isObject(properties) || !Array.isArray(required))
      return this.#fault(at, 'expected "properties" as an object and "required" as a list');
    if (!isObject(propertyNames) || Object.keys(propertyNames).some((name) => name !== "type" && !notes.has(name)))
      return this.#fault(at, '"propertyNames" with more than a type is not supported');
    const names = Object.keys(properties);
    const unknown = required.filter((name: unknown) => typeof name !== "string" || !Object.hasOwn(properties, name));
    if (unknown.length > 0)
      return this.#fault(at, `${listed(unknown.map(String))} is required, but not in "properties"`);
    if (names.length === 0 && additionalProperties !== false)
      return free(anyObject(this.#read(additionalProperties, `${at}/additionalProperties`)));
    const placeOf = (name: string) => `${at}/properties/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const isRequired = new Set<unknown>(required);
    const members = names.map((name) => {
      return [...text(`${JSON.stringify(name)}:`), space, this.#read(properties[name], placeOf(name))];
    });
    const rule = list({
      open: "{",
      close: "}",
      element: (place) => {
        const first = names.findIndex((name, index) => index >= place && isRequired.has(name));
        const possible = members.slice(place, first < 0 ? undefined : first + 1);
        return possible.map((member, index) => [member, place + index + 1]);
      },
      canEnd: (place) => !names.slice(place).some((name) => isRequired.has(name)),
    });
    return { rule, needs: [required.map((name: string) => properties[name])] };
  }

  #counts(schema: Schema, at: string, of: "Length" | "Items"): CountBounds {
    const min = this.#number(schema, at, { name: `min${of}`, none: 0 });
    const max = this.#number(schema, at, { name: `max${of}`, none: Number.POSITIVE_INFINITY });
    const isCount = (value: number) => value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
    if (!isCount(min) || !isCount(max) || min > Math.min(max, longest))
      this.#fault(at, `min${of} ${min} and max${of} ${max} do not fit`);
    return { min, max: max > longest ? Number.POSITIVE_INFINITY : max };
  }

  #number(schema: Schema, at: string, { name, none }: { readonly name: string; readonly none: number }): number {
    const value = schema[name] ?? none;
    if (typeof value === "number") return value;
    this.#fault(at, `"${name}" is ${describeValue(value)}; expected a number`);
    return none;
  }
}

/** A text that is not percent-encoded stays. */
function percentDecoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

/** Whether no value fits two of the schemas: their types differ, or the constants of one property that all of them require. */
function areDistinct(schemas: readonly unknown[]): boolean {
  const types = schemas.map((schema) => isObject(schema) && (schema.type === "integer" ? "number" : schema.type));
  if (types.every((type) => typeof type === "string") && areAllDifferent(types)) return true;
  const constants = schemas.map(requiredConstants);
  return [...(constants[0]?.keys() ?? [])].some(
    (name) =>
      constants.every((map) => map.has(name)) && areAllDifferent(constants.flatMap((map) => map.get(name) ?? [])),
  );
}

function requiredConstants(schema: unknown): ReadonlyMap<string, readonly string[]> {
  if (!isObject(schema) || !isObject(schema.properties) || !Array.isArray(schema.required)) return new Map();
  const required = new Set<unknown>(schema.required);
  return new Map(
    Object.entries(schema.properties).flatMap(([name, property]) => {
      if (!isObject(property) || !required.has(name)) return [];
      const values: unknown = "const" in property ? [property.const] : property.enum;
      return Array.isArray(values) ? [[name, values.map((value) => JSON.stringify(value))] as const] : [];
    }),
  );
}

function areAllDifferent(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

function typesOf(value: unknown): readonly string[] {
  if (Number.isInteger(value)) return ["number", "integer"];
  return [value === null ? "null" : Array.isArray(value) ? "array" : typeof value];
}
