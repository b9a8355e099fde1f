// Checks the parts of a tokenizer.json before and after the model: their number, nesting and fields.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import {
  decoderRules,
  type FieldRule,
  normalizerRules,
  type PartRules,
  postProcessorRules,
  preTokenizerRules,
} from "./component-rules.ts";
import { vocabularyOf } from "./vocabulary-of.ts";

/** The parts of a tokenizer.json besides its model. */
const components = {
  normalizer: normalizerRules,
  pre_tokenizer: preTokenizerRules,
  post_processor: postProcessorRules,
  decoder: decoderRules,
} as const;

/** Published files have a dozen parts. */
const maxParts = 512;
const deepest = 16;

export function componentProblems(json: JsonObject, name: keyof typeof components, maxPatternLength: number): string[] {
  const checked = new ComponentCheck(json, components[name], maxPatternLength);
  checked.check(json[name], name, 0);
  return checked.problems;
}

class ComponentCheck {
  readonly problems: string[] = [];
  #parts = 0;

  constructor(
    private readonly json: JsonObject,
    private readonly rules: PartRules,
    private readonly maxPatternLength: number,
  ) {}

  check(part: unknown, at: string, depth: number): void {
    if (depth === 0 && (part === null || part === undefined)) return;
    this.#parts += 1;
    if (depth > deepest) this.problems.push(`${at.slice(0, 60)}…: nested more than ${deepest} deep`);
    if (this.#parts === maxParts) this.problems.push(`${at}: expected at most ${maxParts} parts`);
    if (depth > deepest || this.#parts >= maxParts) return;
    if (!isObject(part) || typeof part.type !== "string") {
      this.problems.push(`${at}: expected ${depth === 0 ? "null or " : ""}an object with a type, got ${shown(part)}`);
      return;
    }
    const fields = this.rules[part.type] ?? {};
    for (const [field, rule] of Object.entries(fields)) this.#checkField(part[field], `${at}.${field}`, rule);
    this.#checkPattern(part.pattern, `${at}.pattern`);
    if (part.type === "TemplateProcessing") this.problems.push(...templateProblems(part, at, this.json));
    if (part.type !== "Sequence") return;
    const [list] = Object.keys(fields);
    const inner = list === undefined ? undefined : part[list];
    if (Array.isArray(inner))
      for (const [index, one] of inner.entries()) this.check(one, `${at}.${list}[${index}]`, depth + 1);
  }

  #checkField(value: unknown, at: string, { expected, isNeeded, accepts }: FieldRule): void {
    const isMissing = value === null || value === undefined;
    if (isMissing ? isNeeded !== true : accepts(value)) return;
    this.problems.push(`${at}: expected ${expected}, got ${shown(value)}`);
  }

  #checkPattern(pattern: unknown, at: string): void {
    if (!isObject(pattern)) return;
    for (const [kind, value] of Object.entries(pattern)) {
      if (typeof value === "string" && value.length <= this.maxPatternLength) continue;
      this.problems.push(`${at}.${kind}: expected a pattern of at most ${this.maxPatternLength} characters`);
    }
  }
}

/** A value for an error message. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isObject(value) ? "an object" : JSON.stringify(typeof value === "string" ? value.slice(0, 40) : value);
}

/** Published templates have up to eight pieces. */
const maxPieces = 64;

/** Problems of the post-processor's templates, such as special tokens that the tokenizer does not have. */
function templateProblems(part: JsonObject, at: string, json: JsonObject): string[] {
  return (["single", "pair"] as const).flatMap((name) => {
    const pieces = part[name];
    const where = `${at}.${name}`;
    if (!Array.isArray(pieces) || pieces.length > maxPieces) {
      return [`${where}: expected a list of at most ${maxPieces} marks and texts`];
    }
    return [
      ...pieces.flatMap((piece, index) => pieceProblems(piece, `${where}[${index}]`, part, json)),
      ...repeatedTexts(pieces, where, name === "pair" ? ["A", "B"] : ["A"]),
    ];
  });
}

function pieceProblems(piece: unknown, at: string, part: JsonObject, json: JsonObject): string[] {
  const [kind] = isObject(piece) ? Object.keys(piece) : [];
  const content = isObject(piece) && kind !== undefined ? piece[kind] : undefined;
  const isRight = isObject(content) && typeof content.id === "string" && Number.isInteger(content.type_id ?? 0);
  if (!isRight || (kind !== "SpecialToken" && kind !== "Sequence")) {
    return [`${at}: expected {"SpecialToken" or "Sequence": {"id": a text, "type_id": a number}}`];
  }
  if (kind === "Sequence") return ["A", "B"].includes(String(content.id)) ? [] : [`${at}: expected the text A or B`];
  return specialTokenProblems(String(content.id), at, part, json);
}

/** Rust reads a special token's ids from the template, the library from the vocabulary: both must have it. */
function specialTokenProblems(token: string, at: string, part: JsonObject, json: JsonObject): string[] {
  const entry = isObject(part.special_tokens) ? part.special_tokens[token] : undefined;
  const name = JSON.stringify(token.slice(0, 40));
  if (!isObject(entry) || !Array.isArray(entry.ids))
    return [`${at}: expected ${name} among special_tokens with its ids`];
  const isAdded = Array.isArray(json.added_tokens) && json.added_tokens.some((added) => added?.content === token);
  if (isAdded || json.model === undefined || vocabularyOf(json.model).has(token)) return [];
  return [`${at}: expected a token of the vocabulary, got ${name}`];
}

function repeatedTexts(pieces: readonly unknown[], at: string, texts: readonly string[]): string[] {
  const ids = pieces.map((piece) => (isObject(piece) && isObject(piece.Sequence) ? piece.Sequence.id : undefined));
  return ["A", "B"].flatMap((text) => {
    const max = texts.includes(text) ? 1 : 0;
    const count = ids.filter((id) => id === text).length;
    return count > max ? [`${at}: expected the text ${text} at most ${max} times, got ${count}`] : [];
  });
}
