// Texts that are JSON: of a schema, or any object. A grammar is compiled once for each schema and vocabulary.

import type { TextTokenizer } from "@lowrank/data";
import type { TokenConstraint } from "@lowrank/models/internal";
import { noTokenBytes, unsupportedSchema } from "../errors/usage-errors.ts";
import { ByteAutomaton, type State } from "./byte-automaton.ts";
import { objectGrammar, schemaGrammar } from "./schema-rules.ts";
import { TokenTable } from "./token-masks.ts";

interface Compiled {
  readonly table: TokenTable;
  /** By schema, the latest ones. */
  readonly automata: Map<string, ByteAutomaton>;
  readonly masks: Map<State, Uint32Array>;
}

const compiled = new WeakMap<TextTokenizer, Compiled>();
const maxAutomata = 32;
/** Maximum masks of all schemas together: 78 MB with Qwen's vocabulary. Each token of a text may need a mask of its own. */
const maxMasks = 2 ** 12;

/**
 * Makes constraints for texts that fit a JSON schema; without one, for any JSON object. A schema of zod 4 is converted by its
 * `toJSONSchema`. `endTokens` are allowed where the text may end but could also continue, as in a number.
 * Throws UNSUPPORTED_SCHEMA, TOKENS_WITHOUT_BYTES.
 */
export function jsonConstraint(
  tokenizer: TextTokenizer,
  schema: object | undefined,
  endTokens: readonly number[],
): () => TokenConstraint {
  const tables = compiledFor(tokenizer);
  const { automata } = tables;
  const key = schema === undefined ? "" : schemaText(schema);
  const grammar = () => (schema === undefined ? objectGrammar : schemaGrammar(key));
  const automaton = automata.get(key) ?? new ByteAutomaton(grammar());
  automata.delete(key);
  automata.set(key, automaton);
  for (const oldest of automata.keys()) if (automata.size > maxAutomata) automata.delete(oldest);
  return () => new JsonConstraint(automaton, tables, endTokens);
}

function compiledFor(tokenizer: TextTokenizer): Compiled {
  const existing = compiled.get(tokenizer);
  if (existing !== undefined) return existing;
  const bytes = tokenizer.tokenBytes();
  if (bytes === undefined) throw noTokenBytes();
  const newTables: Compiled = { table: new TokenTable(bytes), automata: new Map(), masks: new Map() };
  compiled.set(tokenizer, newTables);
  return newTables;
}

function schemaText(schema: object): string {
  try {
    return JSON.stringify(
      "toJSONSchema" in schema && typeof schema.toJSONSchema === "function" ? schema.toJSONSchema() : schema,
    );
  } catch (cause) {
    throw unsupportedSchema([`it cannot be written as JSON: ${cause instanceof Error ? cause.message : cause}`]);
  }
}

class JsonConstraint implements TokenConstraint {
  #state: State;

  constructor(
    private readonly automaton: ByteAutomaton,
    private readonly compiled: Compiled,
    private readonly endTokens: readonly number[],
  ) {
    this.#state = automaton.start();
  }

  allowed(): Uint32Array {
    const { table, masks } = this.compiled;
    const mask = masks.get(this.#state) ?? table.mask(this.automaton, this.#state);
    if (masks.size >= maxMasks) masks.clear();
    masks.set(this.#state, mask);
    return this.#state.canEnd ? withTokens(mask, this.endTokens) : mask;
  }

  accept(id: number): void {
    // An end token is not in the grammar. It does not change the state, because nothing comes after it.
    this.#state = this.compiled.table.after(this.automaton, this.#state, id) ?? this.#state;
  }

  get isComplete(): boolean {
    return this.#state.canEnd && this.#state.stacks.length === 0;
  }
}

function withTokens(mask: Uint32Array, ids: readonly number[]): Uint32Array {
  const added = new Uint32Array(Math.max(mask.length, ...ids.map((id) => (id >>> 5) + 1)));
  added.set(mask);
  for (const id of ids) added[id >>> 5] = (added[id >>> 5] as number) | (1 << (id & 31));
  return added;
}
