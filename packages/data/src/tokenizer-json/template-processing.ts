// TemplateProcessing: which marks are put around a text or a pair of them.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { vocabularyOf } from "./vocabulary-of.ts";

/** Published ones have up to eight pieces. */
const mostPieces = 64;

/** What is wrong with its templates, and which marks the tokenizer does not have. */
export function templateProblems(part: JsonObject, at: string, json: JsonObject): string[] {
  return (["single", "pair"] as const).flatMap((name) => {
    const pieces = part[name];
    const where = `${at}.${name}`;
    if (!Array.isArray(pieces) || pieces.length > mostPieces) {
      return [`${where}: expected a list of at most ${mostPieces} marks and texts`];
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
  return markProblems(String(content.id), at, part, json);
}

/** Rust takes a mark's ids from the template, the library from the vocabulary. */
function markProblems(mark: string, at: string, part: JsonObject, json: JsonObject): string[] {
  const given = isObject(part.special_tokens) ? part.special_tokens[mark] : undefined;
  const name = JSON.stringify(mark.slice(0, 40));
  if (!isObject(given) || !Array.isArray(given.ids))
    return [`${at}: expected ${name} among special_tokens with its ids`];
  const isAdded = Array.isArray(json.added_tokens) && json.added_tokens.some((token) => token?.content === mark);
  if (isAdded || json.model === undefined || vocabularyOf(json.model).has(mark)) return [];
  return [`${at}: expected a token of the vocabulary, got ${name}`];
}

function repeatedTexts(pieces: readonly unknown[], at: string, texts: readonly string[]): string[] {
  const ids = pieces.map((piece) => (isObject(piece) && isObject(piece.Sequence) ? piece.Sequence.id : undefined));
  return ["A", "B"].flatMap((text) => {
    const most = texts.includes(text) ? 1 : 0;
    const count = ids.filter((id) => id === text).length;
    return count > most ? [`${at}: expected the text ${text} at most ${most} times, got ${count}`] : [];
  });
}
