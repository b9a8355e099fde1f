// Texts that are generated together, although each begins and ends at its own time (continuous batching, Orca, Yu et al.
// 2022): a round reads the prompts of new texts, then gives every text one token.

import { type AdapterSelection, activeAdapters, adapterRows, inferenceContext, noAdapters } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { borrowedValues, withRoundedProducts } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { generationOptionError } from "../../errors.ts";
import type { ModelInputs } from "../../inputs/model-inputs.ts";
import { joinCaches } from "../../parts/cache/join-caches.ts";
import { KeyValueCache } from "../../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { checkRow } from "../check-logits.ts";
import { chooseToken, type TokenRules } from "../choose-token.ts";
import { checkGeneration, type GenerationOptions } from "../generation-options.ts";
import { type FinishReason, finishReason, type StopRule, stopRule } from "../stop-rule.ts";
import type { TokenConstraint } from "../token-constraint.ts";
import { reportToken, type TokenReport } from "../token-logprobs.ts";
import { firstWindow } from "../window.ts";
import { type BatchLimits, planRound } from "./plan-round.ts";

/** One text to be written, with the options of `generateTokens` that concern one text. */
export interface BatchText
  extends Omit<
    GenerationOptions,
    "promptIds" | "inputFeatures" | "decoderStartTokenId" | "prefix" | "context" | "signal"
  > {
  /** The model reads it once for all texts that join in one round with the same array and the same adapter. */
  readonly promptIds: readonly number[];
  /** The name of an attached adapter; null for the base. */
  readonly adapter: string | null;
}

/** The result of a round for a text: its next token, or the reason why it ended. */
export type BatchEvent =
  | ({
      readonly type: "token";
      readonly text: BatchText;
      readonly id: number;
      readonly reason?: FinishReason;
    } & Partial<TokenReport>)
  | { readonly type: "failure"; readonly text: BatchText; readonly error: unknown };

const limitNames: OptionNames<BatchLimits> = { maxRows: true, maxPositions: true, maxPromptTokens: true };
const defaults: BatchLimits = { maxRows: 16, maxPositions: 16_384, maxPromptTokens: 1024 };

/**
 * Whether a text can be generated in a running batch with others. Not possible: encoder–decoders, and texts long enough to
 * change the rotation of all their keys (LongRoPE), adapters that act only after certain tokens, and those that replace raw
 * parameters.
 */
export function canJoinBatches(
  { task, config }: PretrainedModel,
  { promptIds, maxNewTokens }: Pick<BatchText, "promptIds" | "maxNewTokens">,
): boolean {
  const scaling = config.rotary?.scaling;
  const longestText = scaling?.type === "longrope" ? scaling.originalMaxPositions : Number.POSITIVE_INFINITY;
  return task === "causal-lm" && promptIds.length + maxNewTokens <= longestText;
}

interface Row {
  readonly text: BatchText;
  readonly rules: TokenRules;
  readonly isEnd: StopRule;
  readonly constraint: TokenConstraint | undefined;
  readonly ids: number[];
  isOver: boolean;
}

/**
 * Writes many texts with one model, each with its own adapter. Some of them wait for room. A greedy text is the same as when it is
 * written alone, except for rounding of sums in another order. Its owner disposes of it.
 */
export class ContinuousBatch {
  readonly #limits: BatchLimits;
  #waiting: readonly BatchText[] = [];
  #rows: readonly Row[] = [];
  /** All tokens of each row except the latest, aligned at the right end. */
  #cache: KeyValueCache | undefined;

  constructor(
    private readonly model: PretrainedModel,
    limits: Partial<BatchLimits> = {},
  ) {
    refuseUnknownOptions("ContinuousBatch", limits, limitNames);
    this.#limits = { ...defaults, ...limits };
    for (const [name, limit] of Object.entries(this.#limits)) {
      if (!(Number.isInteger(limit) && limit > 0)) throw generationOptionError(name, limit, "an integer above 0");
    }
  }

  /** Number of texts that are being written or wait. */
  get size(): number {
    return this.running + this.waiting;
  }

  /** Number of texts that are being written. */
  get running(): number {
    return this.#rows.filter(({ isOver }) => !isOver).length;
  }

  /** Number of texts that wait for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Adds a text. It joins in the next round that has room for it.
   *
   * @throws GENERATION_OPTION, MODEL_INPUT, POSITION_LIMIT
   */
  add(text: BatchText): void {
    const { promptIds, adapter: _, ...options } = text;
    checkGeneration(this.model, { ...options, promptIds: [promptIds] });
    if (!canJoinBatches(this.model, text)) {
      throw generationOptionError("model", "one that cannot batch texts", "generateTokens for such texts");
    }
    this.#waiting = [...this.#waiting, text];
  }

  /** Ends a text early. */
  remove(text: BatchText): void {
    this.#waiting = this.#waiting.filter((other) => other !== text);
    for (const row of this.#rows) if (row.text === text) row.isOver = true;
  }

  /**
   * Writes one token of each text in the batch, and up to two of a text that joins. An error of one text ends that text only. If a
   * round throws, all texts are lost.
   *
   * @throws UNKNOWN_ADAPTER, NATIVE_CALL_FAILED
   */
  async round(): Promise<readonly BatchEvent[]> {
    const { stay, join } = planRound(this.#state(), this.#limits);
    const staying = stay.map((row) => this.#rows[row] as Row);
    const joining = this.#waiting.slice(0, join).map((text) => this.#rowOf(text));
    this.#waiting = this.#waiting.slice(join);
    const { prompts, promptRows } = sharedPrompts(joining);
    const fresh = joining.length === 0 ? undefined : new KeyValueCache(selectionOf(prompts));
    const events: BatchEvent[] = [];
    try {
      if (fresh !== undefined) events.push(...(await this.#readPrompts({ joining, prompts, promptRows }, fresh)));
      this.#regroup({ staying, stay, joining, promptRows, fresh });
      if (this.#rows.length > 0) events.push(...(await this.#nextTokens()));
      return events;
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      if (fresh !== this.#cache) fresh?.dispose();
    }
  }

  /** Ends all texts. */
  dispose(): void {
    this.#waiting = [];
    this.#rows = [];
    this.#cache?.dispose();
    this.#cache = undefined;
  }

  #state() {
    const planned = ({ promptIds, maxNewTokens }: BatchText) => {
      return { promptTokens: promptIds.length, prompt: promptIds, maxNewTokens };
    };
    return {
      running: this.#rows.map(({ text, isOver }) => ({ ...planned(text), isOver })),
      waiting: this.#waiting.map(planned),
    };
  }

  #rowOf(text: BatchText): Row {
    const { generation } = this.model;
    const { forced = generation.forced, banned = generation.banned, eosTokenIds = generation.eosTokenIds } = text;
    const { sampling, repetitionPenalty, maxNewTokens, logitBias, stopStrings } = text;
    const rules = { sampling, repetitionPenalty, logitBias, maxNewTokens, forced, banned };
    const [isEnd, constraint] = [stopRule(eosTokenIds, stopStrings), text.constraint?.()];
    return { text, rules, isEnd, constraint, ids: [], isOver: maxNewTokens === 0 };
  }

  /** The first tokens of texts, whose prompts fill an empty cache. */
  async #readPrompts(
    { joining, prompts, promptRows }: SharedPrompts & { readonly joining: readonly Row[] },
    cache: KeyValueCache,
  ): Promise<readonly BatchEvent[]> {
    const promptIds = prompts.map(({ text }) => text.promptIds);
    const { inputs } = firstWindow(this.model, promptIds, { start: null });
    return this.#choose(joining, { prompts, promptRows, cache, inputs });
  }

  /** The next token of every row. */
  async #nextTokens(): Promise<readonly BatchEvent[]> {
    const cache = this.#cache;
    if (cache === undefined) return [];
    const inputs = () => latestTokens(this.#rows, cache, this.model.firstPosition);
    return this.#choose(this.#rows, { prompts: this.#rows, promptRows: [...this.#rows.keys()], cache, inputs });
  }

  /** Computes the logits of `prompts`, and chooses the next token of each row from those of its prompt's last position. */
  async #choose(
    rows: readonly Row[],
    { prompts, promptRows, cache, inputs }: SharedPrompts & { cache: KeyValueCache; inputs: () => ModelInputs },
  ): Promise<readonly BatchEvent[]> {
    const context = inferenceContext(selectionOf(prompts));
    const logits = withRoundedProducts(() => tf.tidy(() => this.model.forwardLast({ ...inputs(), cache }, context))); // [rows, vocabulary]
    try {
      // A copy for each token is 200 kB a row, which the garbage collector has to find.
      const values = borrowedValues(logits) ?? (await logits.data<"float32">());
      const vocabulary = logits.shape[1];
      return rows.flatMap((row, index) => {
        const first = (promptRows[index] ?? 0) * vocabulary;
        return row.isOver ? [] : [nextOf(row, values.subarray(first, first + vocabulary))];
      });
    } finally {
      logits.dispose();
    }
  }

  /** Joins the cached rows and the newly read ones, without finished texts. */
  #regroup({ staying, stay, joining, promptRows, fresh }: Regrouping): void {
    const joined = joining.filter(({ isOver }) => !isOver);
    if (joined.length === 0 && staying.length === this.#rows.length) return;
    const before = this.#cache;
    this.#rows = [...staying, ...joined];
    const joinedRows = promptRows.filter((_, row) => joining[row]?.isOver === false);
    const parts = [
      ...(before === undefined || stay.length === 0 ? [] : [{ cache: before, rows: stay }]),
      ...(fresh === undefined || joinedRows.length === 0 ? [] : [{ cache: fresh, rows: joinedRows }]),
    ];
    this.#cache = parts.length === 0 ? undefined : joinCaches(parts, joinOptions(this.#rows));
    before?.dispose();
  }
}

interface Regrouping {
  readonly staying: readonly Row[];
  /** Indices of `staying` among the rows before. */
  readonly stay: readonly number[];
  readonly joining: readonly Row[];
  readonly promptRows: SharedPrompts["promptRows"];
  readonly fresh: KeyValueCache | undefined;
}

interface SharedPrompts {
  /** The first of the rows with each prompt and adapter. */
  readonly prompts: readonly Row[];
  /** For each row, the index of its prompt in `prompts`. */
  readonly promptRows: readonly number[];
}

/** The different prompts of rows, so that the model reads each once. */
function sharedPrompts(rows: readonly Row[]): SharedPrompts {
  const prompts: Row[] = [];
  const promptRows = rows.map((row) => {
    const { promptIds, adapter } = row.text;
    const index = prompts.findIndex(({ text }) => text.promptIds === promptIds && text.adapter === adapter);
    return index < 0 ? prompts.push(row) - 1 : index;
  });
  return { prompts, promptRows };
}

/** How caches of these rows are joined: the longest has no padding; segments of many rows are short, because each token copies the last one. */
function joinOptions(rows: readonly Row[]) {
  const length = Math.max(...rows.map(cachedTokens));
  return { length, adapters: selectionOf(rows), segmentLength: Math.max(16, Math.ceil(256 / rows.length)) };
}

/** Number of tokens of a text in the cache: all except the latest. */
function cachedTokens({ text, ids }: Row): number {
  return text.promptIds.length + ids.length - 1;
}

function latestTokens(rows: readonly Row[], { length }: KeyValueCache, first: number): ModelInputs {
  const counts = rows.map(cachedTokens);
  const positions = counts.map((count) => [first + count]);
  const mask = counts.map((count) => [...Array<number>(length - count).fill(0), ...Array<number>(count + 1).fill(1)]);
  return {
    inputIds: tf.tensor2d(
      rows.map(({ ids }) => [ids.at(-1) ?? 0]),
      undefined,
      "int32",
    ),
    positionIds: counts.every((count) => count === counts[0]) ? positions.slice(0, 1) : positions,
    ...(counts.every((count) => count === length) ? {} : { attentionMask: tf.tensor2d(mask, undefined, "int32") }),
  };
}

function nextOf(row: Row, logits: Float32Array): BatchEvent {
  const { text, rules, ids, isEnd, constraint } = row;
  const tokenContext = { prompt: 0, step: ids.length, seen: [...text.promptIds, ...ids], constraint };
  try {
    checkRow(logits, tokenContext);
    const id = chooseToken(logits, rules, tokenContext);
    ids.push(id);
    const reason = finishReason(ids, { isEnd, constraint, maxNewTokens: text.maxNewTokens });
    row.isOver = reason !== undefined;
    const report = text.logprobs === undefined ? {} : reportToken(logits, id, text.logprobs);
    return { type: "token", text, id, ...(reason && { reason }), ...report };
  } catch (error) {
    row.isOver = true;
    return { type: "failure", text, error };
  }
}

/** One selection for the whole batch if all rows have the same adapters, which is faster than a selection for each row. */
function selectionOf(rows: readonly Row[]): AdapterSelection {
  const names = rows.map(({ text }) => text.adapter);
  const [first = null] = names;
  if (names.some((name) => name !== first)) return adapterRows(names);
  return first === null ? noAdapters : activeAdapters(first);
}
