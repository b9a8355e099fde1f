// Runs fine-tuning jobs one after the other. The queue is on disk: a job that ran when the server ended is resumed by the next one.

import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import type { AdapterRegistry } from "../adapters/adapter-registry.ts";
import { withoutFolders } from "../answers/error-answer.ts";
import { InvalidRequestError, RequestError } from "../errors.ts";
import type { FileParts } from "../files/file-routes.ts";
import { ObjectStore } from "../files/object-store.ts";
import type { StoredFile } from "../files/stored-file.ts";
import type { ServedAdapter } from "../served-model.ts";
import { EventLog, type JobEvent } from "./event-log.ts";
import type { FineTuneEvent, FineTuneRun, FineTuning } from "./fine-tuner.ts";
import { isOver, type Job } from "./job.ts";

interface QueueParts {
  readonly fineTuning: FineTuning;
  /** Where adapters are served. */
  readonly models: Pick<AdapterRegistry<ServedAdapter>, "baseName" | "put">;
  readonly onNote: (line: string) => void;
}

interface Current {
  readonly id: string;
  readonly run: FineTuneRun;
  /** Expected end, in seconds since 1970. */
  finish: number | null;
  /** Whether the run has ended, and its result is being saved. */
  isEnding: boolean;
}

/** The status after each command, and those before it. */
const commands = {
  pause: ["paused", "queued", "running"],
  resume: ["queued", "paused"],
  cancel: ["cancelled", "queued", "running", "paused"],
} as const;

export class JobQueue {
  readonly #log = new EventLog();
  #current: Current | undefined;
  #working: Promise<void> | undefined;
  readonly #ended = new AbortController();

  private constructor(
    readonly jobs: ObjectStore<Job>,
    readonly files: ObjectStore<StoredFile>,
    private readonly parts: QueueParts,
  ) {}

  /** Opens the folder, serves the adapters of finished jobs, and continues the others. */
  static async open(parts: QueueParts): Promise<JobQueue> {
    const { folder } = parts.fineTuning;
    await rm(spoolOf(folder), { recursive: true, force: true }); // uploads that a killed server left
    await mkdir(spoolOf(folder), { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700).catch(() => undefined); // another user's
    const jobs = await ObjectStore.open<Job>(join(folder, "jobs"), "ftjob-");
    const files = await ObjectStore.open<StoredFile>(join(folder, "files"), "file-");
    const queue = new JobQueue(jobs, files, parts);
    for (const job of jobs.all.filter((each) => queue.#isOfThisBase(each))) {
      if (job.status === "running") await queue.update(job.id, { status: "queued" });
      if (job.fine_tuned_model === null) continue;
      await parts.models.put(job.fine_tuned_model, queue.#pathOf(job.id, "adapter")).catch((error: unknown) => {
        parts.onNote(`model "${job.fine_tuned_model}" is not served: ${messageOf(error)}`);
      });
    }
    queue.#wake();
    return queue;
  }

  fileParts(): FileParts {
    const needs = (job: Job, file: string) => !isOver(job) && [job.training_file, job.validation_file].includes(file);
    const userOf = (file: string) => this.jobs.all.find((job) => needs(job, file))?.id;
    const { tuner, maxFiles = 1000, maxStoredBytes = 10 * 2 ** 30 } = this.parts.fineTuning;
    const quota = { files: maxFiles, bytes: maxStoredBytes };
    return { files: this.files, userOf, check: (file) => tuner.check(file), quota };
  }

  /** Throws RequestError. */
  checkGrader(grader: NonNullable<Job["grader"]>): void {
    const { tuner } = this.parts.fineTuning;
    try {
      if (tuner.checkGrader === undefined) throw new Error("This server has no reinforcement fine-tuning.");
      tuner.checkGrader(grader);
    } catch (error) {
      throw new InvalidRequestError([{ param: "method.reinforcement.grader", fault: messageOf(error) }]);
    }
  }

  async add(job: Job): Promise<Job> {
    await this.#addEvent(job.id, `Created fine-tuning job: ${job.id}`);
    const added = await this.jobs.put(job);
    this.#wake();
    return added;
  }

  /** Begins the next job, unless one runs. */
  #wake(): void {
    if (this.#working !== undefined || this.#next() === undefined) return;
    this.#working = this.#work().then(
      () => {
        this.#working = undefined;
        this.#wake();
      },
      (error: unknown) => {
        this.#working = undefined; // the next request tries again
        this.parts.onNote(`fine-tuning has stopped: ${messageOf(error)}`);
      },
    );
  }

  /** Pauses, resumes or cancels a job. Throws RequestError if its state does not allow it. */
  async command(id: string, command: keyof typeof commands): Promise<Job> {
    const current = this.#current?.id === id ? this.#current : undefined;
    const status = current?.isEnding === true ? "ending" : this.jobs.get(id).status;
    const [wanted, ...from] = commands[command];
    if (!from.some((each) => each === status))
      throw new RequestError(400, "INVALID_JOB_STATUS", `Cannot ${command} the job "${id}": it is ${status}.`);
    const job = await this.update(id, { status: wanted, ...(command === "cancel" && { finished_at: seconds() }) });
    if (command !== "resume") current?.run.stop(command);
    await this.#addEvent(id, `The job is ${wanted}`);
    if (command === "cancel" && current === undefined) await this.#clear(id);
    this.#wake();
    return job;
  }

  async update(id: string, change: Partial<Job>): Promise<Job> {
    const job = await this.jobs.put({ ...this.jobs.get(id), ...change });
    this.#log.wake();
    return job;
  }

  /** When a running job will probably end, in seconds since 1970. */
  finishOf(id: string): number | null {
    return this.#current?.id === id ? this.#current.finish : null;
  }

  async eventsOf(id: string): Promise<readonly JobEvent[]> {
    return (await this.#log.read(this.#logPath(this.jobs.get(id).id))).events;
  }

  follow(id: string, signal: AbortSignal): AsyncGenerator<JobEvent, void, undefined> {
    const stopped = AbortSignal.any([signal, this.#ended.signal]);
    return this.#log.follow(this.#logPath(id), { isOver: () => isOver(this.jobs.get(id)), signal: stopped });
  }

  /** Saves the job that runs; the next server resumes it. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#current?.run.stop("pause");
    await this.#working;
  }

  #next(): Job | undefined {
    if (this.#ended.signal.aborted) return undefined;
    // A full disk may have ended a job that could not be saved as failed. It is resumed.
    const isOpen = ({ status }: Job) => status === "queued" || status === "running";
    return this.jobs.all.find((job) => isOpen(job) && this.#isOfThisBase(job));
  }

  /** A folder may have been used with another base before. */
  #isOfThisBase({ model }: Job): boolean {
    const { baseName } = this.parts.models;
    return model === baseName || model.startsWith(`ft:${baseName}:`);
  }

  async #work(): Promise<void> {
    for (let job = this.#next(); job !== undefined; job = this.#next())
      await this.#run(job).finally(() => {
        this.#current = undefined;
      });
  }

  async #run(job: Job): Promise<void> {
    const { id } = job;
    const current: Current = { id, run: this.#start(job), finish: null, isEnding: false };
    this.#current = current;
    let isDone = false;
    let failure: unknown;
    try {
      await this.update(id, { status: "running" });
      for await (const event of current.run.events)
        if (event.type === "end") isDone = true;
        else await this.#record(current, event);
    } catch (error) {
      failure = error;
      current.run.stop("cancel");
    }
    const { status } = this.jobs.get(id);
    current.isEnding = true;
    if (status === "cancelled") await this.#clear(id);
    else if (isDone) await this.#finish(job).catch((error: unknown) => this.#fail(id, error));
    else if (status === "running" && !this.#ended.signal.aborted)
      await this.#fail(id, failure ?? new Error("The run ended without an adapter."));
    else if (status === "queued" && failure !== undefined) throw failure;
  }

  #start({ id, method, grader, training_file, validation_file, model, seed, hyperparameters }: Job): FineTuneRun {
    const numbers = Object.entries(hyperparameters).flatMap(([name, value]) =>
      value === "auto" ? [] : [[name, value] as const],
    );
    const earlier = this.jobs.all.find((other) => other.fine_tuned_model === model);
    return this.parts.fineTuning.tuner.start({
      method,
      grader,
      seed,
      training: this.files.path(training_file, ".jsonl"),
      folder: this.#pathOf(id),
      validation: validation_file === null ? undefined : this.files.path(validation_file, ".jsonl"),
      from: earlier && this.#pathOf(earlier.id, "adapter"),
      hyperparameters: Object.fromEntries(numbers),
    });
  }

  async #record(current: Current, event: Exclude<FineTuneEvent, { readonly type: "end" }>): Promise<void> {
    const { id } = current;
    if (event.type === "note") return this.#addEvent(id, event.message, { level: "warn" });
    const { type, step } = event;
    if (type === "start")
      return this.#addEvent(id, step === 0 ? "Fine-tuning job started" : `Resumed after step ${step}`);
    if (type === "evaluation") {
      const { loss, accuracy, reward } = event;
      const data = { step, valid_loss: loss, valid_mean_token_accuracy: accuracy, valid_mean_reward: reward };
      return this.#addEvent(id, `Step ${step}: validation ${measured(event)}`, { data });
    }
    const { steps, loss, reward, tokens, secondsLeft } = event;
    current.finish = Math.ceil(seconds() + secondsLeft);
    const data = { step, total_steps: steps, train_loss: loss, train_mean_reward: reward, tokens };
    await this.#addEvent(id, `Step ${step}/${steps}: training ${measured(event)}`, { data });
  }

  /** The adapter is served before the job has succeeded, so that clients can use it at once. */
  async #finish({ id, suffix = "" }: Job): Promise<void> {
    const { models } = this.parts;
    const fine_tuned_model = `ft:${models.baseName}:local:${suffix}:${id.slice(-8)}`;
    await models.put(fine_tuned_model, this.#pathOf(id, "adapter"));
    const trained = (await this.eventsOf(id)).flatMap(({ data: { step, tokens } }) =>
      tokens ? [[step, tokens] as const] : [],
    );
    // A resumed run may repeat steps.
    const trained_tokens = [...new Map(trained).values()].reduce((sum, tokens) => sum + tokens, 0);
    await this.#addEvent(id, `New fine-tuned model created: ${fine_tuned_model}`);
    await this.#addEvent(id, "The job has successfully completed");
    const finished_at = seconds();
    await this.update(id, { status: "succeeded", fine_tuned_model, finished_at, trained_tokens });
  }

  async #fail(id: string, failure: unknown): Promise<void> {
    const message = messageOf(failure);
    await this.#addEvent(id, message, { level: "error" }).catch(() => undefined); // the disk may be full
    const code = LowrankError.isInstance(failure) ? failure.code.toLowerCase() : "job_failed";
    await this.update(id, { status: "failed", finished_at: seconds(), error: { code, message, param: null } });
  }

  async #addEvent(id: string, message: string, more: Partial<Pick<JobEvent, "level" | "data">> = {}): Promise<void> {
    const own = { id: `ftevent-${randomBytes(12).toString("hex")}`, created_at: seconds() };
    const type = more.data === undefined ? "message" : "metrics";
    const event = { object: "fine_tuning.job.event", ...own, level: "info", type, message, data: {}, ...more } as const;
    await mkdir(this.#pathOf(id), { recursive: true });
    await this.#log.append(this.#logPath(id), event);
  }

  async #clear(id: string): Promise<void> {
    await rm(this.#pathOf(id, "adapter"), { recursive: true, force: true });
  }

  #pathOf(id: string, name = ""): string {
    return join(this.jobs.path(id, ""), name);
  }

  #logPath(id: string): string {
    return this.#pathOf(id, "events.jsonl");
  }
}

/** Where uploads wait for their check. */
export function spoolOf(folder: string): string {
  return join(folder, "uploads");
}

/** A reinforcement job is measured by its rewards. */
function measured({ loss, reward }: { readonly loss: number | null; readonly reward?: number }): string {
  return reward === undefined ? `loss=${loss?.toFixed(4)}` : `reward=${reward.toFixed(4)}`;
}

function messageOf(error: unknown): string {
  return withoutFolders(error instanceof Error ? error.message : String(error));
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
