// Texts that are JSON: of a schema, or any object. A grammar is compiled once for each schema and vocabulary.

import type { TextTokenizer } from "@lowrank/data";
import type { TokenConstraint } from "@lowrank/models";
import { noTokenBytes, unsupportedSchema } from "../errors/usage-errors.ts";
import { ByteAutomaton, type State } from "./byte-automaton.ts";
import { objectGrammar, schemaGrammar } from "./schema-rules.ts";
import { TokenTable } from "./token-masks.ts";

interface Compiled {
  readonly table: TokenTable;
  /** By schema, the latest ones. */
  readonly automata: Map<string, CachedMasks>;
}

interface CachedMasks {
  readonly automaton: ByteAutomaton;
  readonly masks: WeakMap<State, Uint32Array>;
}

const compiled = new WeakMap<TextTokenizer, Compiled>();
const maxAutomata = 32;

/**
 * Makes constraints for texts that fit a JSON schema; without one, for any JSON object. A schema of zod 4 is asked for its
 * `toJSONSchema`. `endTokens` may end a text that could go on, such as a number.
 * Throws UNSUPPORTED_SCHEMA, TOKENS_WITHOUT_BYTES.
 */
export function jsonConstraint(
  tokenizer: TextTokenizer,
  schema: object | undefined,
  endTokens: readonly number[],
): () => TokenConstraint {
  const { table, automata } = compiledFor(tokenizer);
  const key = schema === undefined ? "" : schemaText(schema);
  const cached = automata.get(key) ?? {
    automaton: new ByteAutomaton(schema === undefined ? objectGrammar : schemaGrammar(key)),
    masks: new WeakMap(),
  };
  automata.delete(key);
  automata.set(key, cached);
  for (const oldest of automata.keys()) if (automata.size > maxAutomata) automata.delete(oldest);
  return () => new JsonConstraint(table, cached, endTokens);
}

function compiledFor(tokenizer: TextTokenizer): Compiled {
  const known = compiled.get(tokenizer);
  if (known !== undefined) return known;
  const bytes = tokenizer.tokenBytes();
  if (bytes === undefined) throw noTokenBytes();
  const made = { table: new TokenTable(bytes), automata: new Map<string, CachedMasks>() };
  compiled.set(tokenizer, made);
  return made;
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
    private readonly table: TokenTable,
    private readonly cached: CachedMasks,
    private readonly endTokens: readonly number[],
  ) {
    this.#state = cached.automaton.start();
  }

  allowed(): Uint32Array {
    const { automaton, masks } = this.cached;
    const known = masks.get(this.#state);
    if (known !== undefined && !this.#state.canEnd) return known;
    const mask = known ?? this.table.mask(automaton, this.#state);
    masks.set(this.#state, mask);
    return this.#state.canEnd ? withTokens(mask, this.endTokens) : mask;
  }

  accept(id: number): void {
    // An end token leaves the state: nothing comes after it.
    this.#state = this.table.after(this.cached.automaton, this.#state, id) ?? this.#state;
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
