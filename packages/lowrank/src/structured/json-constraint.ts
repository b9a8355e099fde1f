// Texts that are JSON: of a schema, or any object. A grammar is compiled once for each schema and vocabulary.

import type { TextTokenizer } from "@lowrank/data";
import type { TokenConstraint } from "@lowrank/models/internal";
import { noTokenBytes, unsupportedSchema } from "../errors/usage-errors.ts";
import { ByteAutomaton, type State } from "./byte-automaton.ts";
import { objectGrammar, schemaGrammar } from "./schema-rules.ts";
import { type Mask, TokenTable } from "./token-masks.ts";

/** What texts of one schema share. It is forgotten with its schema. */
interface Grammar {
  readonly automaton: ByteAutomaton;
  readonly masks: Map<State, Mask>;
}

interface Compiled {
  readonly table: TokenTable;
  /** By schema, the latest ones last. */
  readonly grammars: Map<string, Grammar>;
}

const compiled = new WeakMap<TextTokenizer, Compiled>();
const maxGrammars = 32;
/** Of the automata that are kept for further texts: 40 MB. */
const maxSize = 2 ** 21;
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
  const { grammars } = tables;
  const key = schema === undefined ? "" : schemaText(schema);
  const rules = () => (schema === undefined ? objectGrammar : schemaGrammar(key));
  const known = grammars.get(key);
  const isUsable = known !== undefined && !known.automaton.isWorn;
  const grammar = isUsable ? known : { automaton: new ByteAutomaton(rules()), masks: new Map<State, Mask>() };
  grammars.delete(key);
  let size = [...grammars.values()].reduce((sum, { automaton }) => sum + automaton.size, 0);
  for (const [oldest, { automaton }] of grammars) {
    if (grammars.size < maxGrammars && size < maxSize) break;
    grammars.delete(oldest);
    size -= automaton.size;
  }
  grammars.set(key, grammar);
  return () => new JsonConstraint(grammar, tables, endTokens);
}

function compiledFor(tokenizer: TextTokenizer): Compiled {
  const existing = compiled.get(tokenizer);
  if (existing !== undefined) return existing;
  const bytes = tokenizer.tokenBytes();
  if (bytes === undefined) throw noTokenBytes();
  const newTables: Compiled = { table: new TokenTable(bytes), grammars: new Map() };
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
    private readonly grammar: Grammar,
    private readonly compiled: Compiled,
    private readonly endTokens: readonly number[],
  ) {
    this.#state = grammar.automaton.start();
  }

  allowed(): Uint32Array {
    const { masks, automaton } = this.grammar;
    const known = masks.get(this.#state);
    const mask = known ?? this.compiled.table.mask(automaton, this.#state);
    if (known === undefined) {
      this.#forgetMasks();
      masks.set(this.#state, mask);
    }
    this.#state = mask.state;
    return this.#state.canEnd ? withTokens(mask.allowed, this.endTokens) : mask.allowed;
  }

  /** Makes room for a mask: the schemas used longest ago lose theirs first. */
  #forgetMasks(): void {
    const all = new Set([...this.compiled.grammars.values(), this.grammar]);
    let count = [...all].reduce((sum, { masks }) => sum + masks.size, 0);
    for (const { masks } of all) {
      if (count < maxMasks) return;
      count -= masks.size;
      masks.clear();
    }
  }

  accept(id: number): void {
    // An end token is not in the grammar. It does not change the state, because nothing comes after it.
    this.#state = this.compiled.table.after(this.grammar.automaton, this.#state, id) ?? this.#state;
  }

  get isComplete(): boolean {
    return this.#state.canEnd && this.#state.ways.size === 0;
  }
}

function withTokens(mask: Uint32Array, ids: readonly number[]): Uint32Array {
  const added = new Uint32Array(Math.max(mask.length, ...ids.map((id) => (id >>> 5) + 1)));
  added.set(mask);
  for (const id of ids) added[id >>> 5] = (added[id >>> 5] as number) | (1 << (id & 31));
  return added;
}
