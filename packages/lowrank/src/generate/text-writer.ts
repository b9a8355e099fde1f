// Writes many texts at once, each with its own adapter: a new text joins the running batch, and leaves it at its end.

import type { PretrainedModel } from "@lowrank/models";
import {
  type BatchEvent,
  type BatchLimits,
  type BatchText,
  ContinuousBatch,
  canJoinBatches,
  type FinishReason,
} from "@lowrank/models/internal";
import { adapterGone, writerFull, writerStopped } from "../errors/library-errors.ts";
import { emptyPrompt } from "../errors/usage-errors.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import { checkPrompts, needsSeparatePass } from "../rows/invocation-rows.ts";
import { breathe } from "./breathe.ts";
import { checkCharacters } from "./character-limit.ts";
import { continuePrompts, type TextEvent, type Writer } from "./continue-prompts.ts";
import { withFileDefaults } from "./file-defaults.ts";
import { plainPrompt, promptIds, type TextPrompt } from "./prompt-ids.ts";
import { showsImages } from "./prompt-images.ts";
import { constraintOf, readReport, type TextOptions, textRules } from "./text-rules.ts";
import { TextStream } from "./text-stream.ts";

/** Limits of a writer. */
export interface TextWriterOptions extends Partial<BatchLimits> {
  /** Maximum number of waiting texts; more are refused. Default: no limit. */
  readonly maxWaiting?: number | undefined;
}

/** The adapter of a text; null for the base. */
export interface ChosenWriter {
  readonly writer: Writer;
  readonly adapter: string | null;
  /** Whether other rows of a batch may have other adapters. */
  readonly isAlone: boolean;
  isGone(): boolean;
}

/** The model with the chosen adapter, and whether a batch can contain it. */
export function chosenWriter(
  writer: Writer,
  { strength = 1 }: { readonly strength?: number | undefined },
  isGone: (adapter: string) => boolean,
): ChosenWriter {
  const { handle } = writer.opened;
  const adapter = handle?.name ?? null;
  return {
    writer,
    adapter,
    isAlone: strength !== 1 || needsSeparatePass(handle?.config),
    isGone: () => adapter !== null && isGone(adapter),
  };
}

interface Job {
  readonly text: BatchText;
  readonly batch: ContinuousBatch;
  readonly chosen: ChosenWriter;
  readonly events: EventQueue<BatchEvent>;
}

/**
 * Writes texts on request, many at once: `write` can be called while others are written. Created by
 * `OpenedModel.writer`.
 *
 * @example
 * ```ts
 * import type { OpenedModel } from "lowrank";
 *
 * export async function answers(model: OpenedModel, questions: readonly string[]): Promise<readonly string[]> {
 *   const writer = await model.writer({ maxRows: 8 });
 *   return Promise.all(
 *     questions.map(async (question) => {
 *       for await (const event of writer.write(question, { maxNewTokens: 20 })) if (event.type === "end") return event.text;
 *       return "";
 *     }),
 *   );
 * }
 * ```
 */
export class TextWriter<Choice> {
  readonly #choose: (choice: Choice) => Promise<ChosenWriter>;
  readonly #limits: Partial<BatchLimits>;
  readonly #maxWaiting: number;
  readonly #batches = new Map<PretrainedModel, ContinuousBatch>();
  readonly #jobs = new Set<Job>();
  #isRunning = false;
  #isStopped = false;
  /** Texts that cannot be in a batch, one after the other. */
  #alone = Promise.resolve();
  #aloneCount = 0;
  #done: (() => void)[] = [];

  constructor(choose: (choice: Choice) => Promise<ChosenWriter>, { maxWaiting, ...limits }: TextWriterOptions = {}) {
    this.#choose = choose;
    this.#limits = limits;
    this.#maxWaiting = maxWaiting ?? Number.POSITIVE_INFINITY;
  }

  /** Texts that are being written. */
  get running(): number {
    const batched = [...this.#batches.values()].reduce((sum, { running }) => sum + running, 0);
    return batched + Math.min(1, this.#aloneCount);
  }

  /** Number of waiting texts. */
  get waiting(): number {
    const batched = [...this.#batches.values()].reduce((sum, { waiting }) => sum + waiting, 0);
    return batched + Math.max(0, this.#aloneCount - 1);
  }

  /** Throws POSITION_LIMIT for a prompt that is too long in characters, and UNSUPPORTED_SCHEMA. `write` does so as well. */
  async check(prompt: TextPrompt, options: Choice & Pick<TextOptions, "schema" | "json">): Promise<void> {
    const { tokenizer, opened } = (await this.#choose(options)).writer;
    checkCharacters(prompt, tokenizer, opened.model);
    await constraintOf(tokenizer, options);
  }

  /**
   * One text, token by token, and its end. Leaving the loop ends it. Throws WRITER_FULL and WRITER_STOPPED
   * before anything is written, and the errors of `OpenedModel.stream`.
   */
  async *write(textPrompt: TextPrompt, options: TextOptions & Choice): AsyncGenerator<TextEvent, void, undefined> {
    const prompt = plainPrompt(textPrompt); // once, as it decodes images
    const chosen = await this.#choose(options);
    const { opened, tokenizer, notices } = chosen.writer;
    checkCharacters(prompt, tokenizer, opened.model);
    if (showsImages(prompt)) {
      this.#checkRoom(options.signal);
      yield* this.#writeAlone(chosen.writer, prompt, options);
      return;
    }
    const ids = promptIds(prompt, options, { tokenizer, task: opened.model.task, setup: opened.setup });
    if (ids.length === 0) throw emptyPrompt();
    const settings = withFileDefaults(options, opened.model, { notices, promptTokens: ids.length });
    const rules = await textRules(opened.model, tokenizer, settings);
    this.#checkRoom(options.signal);
    if (chosen.isAlone || !canJoinBatches(opened.model, { promptIds: ids, maxNewTokens: rules.maxNewTokens })) {
      yield* this.#writeAlone(chosen.writer, prompt, options);
      return;
    }
    checkPrompts([ids], { config: opened.handle?.config, notices });
    const batch = this.#batchOf(opened.model);
    const job = {
      text: { ...rules, promptIds: ids, adapter: chosen.adapter },
      batch,
      chosen,
      events: new EventQueue<BatchEvent>(),
    };
    batch.add(job.text);
    this.#jobs.add(job);
    void this.#run();
    yield* this.#read(job, options.signal);
  }

  #checkRoom(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#isStopped) throw writerStopped();
    if (this.waiting >= this.#maxWaiting) throw writerFull(this.#maxWaiting);
  }

  /** Accepts no more texts; resolves when the started texts are written. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    while (this.#jobs.size > 0 || this.#aloneCount > 0)
      await new Promise<void>((resolve) => {
        this.#done.push(resolve);
      });
  }

  async *#read(job: Job, signal: AbortSignal | undefined): AsyncGenerator<TextEvent, void, undefined> {
    const { text, batch, chosen, events } = job;
    const { tokenizer, opened } = chosen.writer;
    const stream = new TextStream(tokenizer);
    const stop = () => events.push({ type: "failure", text, error: signal?.reason });
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (let reason: FinishReason | undefined = text.maxNewTokens === 0 ? "length" : undefined; ; ) {
        if (reason !== undefined) {
          const promptTokens = text.promptIds.length;
          yield {
            type: "end",
            prompt: 0,
            rest: stream.end(),
            text: stream.text,
            ids: stream.ids,
            promptTokens,
            reason,
          };
          return;
        }
        const event = await events.next();
        if (signal?.aborted === true) throw signal.reason;
        if (event.type === "failure") await namingBrokenWeights(opened, () => Promise.reject(event.error));
        if (event.type === "failure") return;
        reason = event.reason;
        yield { type: "token", prompt: 0, id: event.id, text: stream.push(event.id), ...readReport(event, tokenizer) };
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      batch.remove(text);
      this.#jobs.delete(job);
      this.#tellDone();
    }
  }

  async *#writeAlone(
    writer: Writer,
    prompt: TextPrompt,
    options: TextOptions,
  ): AsyncGenerator<TextEvent, void, undefined> {
    const before = this.#alone;
    let done = () => {};
    this.#alone = new Promise((resolve) => {
      done = resolve;
    });
    this.#aloneCount += 1;
    try {
      await before;
      yield* continuePrompts(writer, [prompt], options);
    } finally {
      this.#aloneCount -= 1;
      done();
      this.#tellDone();
    }
  }

  #batchOf(model: PretrainedModel): ContinuousBatch {
    const batch = this.#batches.get(model) ?? new ContinuousBatch(model, this.#limits);
    this.#batches.set(model, batch);
    return batch;
  }

  /** Runs all batches in turn until all texts are written. */
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (;;) {
        await breathe();
        this.#dropGone();
        for (const [model, batch] of this.#batches) {
          if (batch.size > 0) await this.#round(batch);
          else this.#batches.delete(model);
          if (batch.size === 0) batch.dispose();
        }
        if (this.#batches.size === 0) return;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #round(batch: ContinuousBatch): Promise<void> {
    const jobs = new Map([...this.#jobs].filter((job) => job.batch === batch).map((job) => [job.text, job]));
    try {
      for (const event of await batch.round()) jobs.get(event.text)?.events.push(event);
    } catch (error) {
      // All texts are dropped, because the failure may concern all.
      for (const { text, events } of jobs.values()) events.push({ type: "failure", text, error });
    }
  }

  #dropGone(): void {
    for (const { text, batch, chosen, events } of this.#jobs) {
      if (!chosen.isGone()) continue;
      batch.remove(text);
      events.push({ type: "failure", text, error: adapterGone(text.adapter ?? "") });
    }
  }

  #tellDone(): void {
    for (const onDone of this.#done.splice(0)) onDone();
  }
}

/** A queue of values; reading waits for the next one. */
class EventQueue<Value> {
  readonly #values: Value[] = [];
  #wake: (() => void) | undefined;

  push(value: Value): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** The next value. One reader at a time. */
  async next(): Promise<Value> {
    for (;;) {
      if (this.#values.length > 0) return this.#values.shift() as Value;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
