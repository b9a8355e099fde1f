// A run's JSON events with the time of each: how long each phase took, and how good the result is.

/** A line of stdout, or of the descriptor that a peer writes to. */
export interface TimedLine {
  /** Since the process was started. */
  readonly seconds: number;
  readonly text: string;
}

/** Parts of a job, in the order in which they begin. */
export const jobPhases = ["libraries and engine", "weights and tokens", "validation", "steps", "saving"] as const;

export type JobPhase = (typeof jobPhases)[number];

/** The measurements of one run. */
export interface JobRun {
  /** From the start of the process until the adapter is saved. */
  readonly seconds: number;
  readonly phases: Readonly<Record<JobPhase, number>>;
  /** The loss of the validation rows at the end. */
  readonly loss: number;
  readonly accuracy?: number;
  readonly versions?: Readonly<Record<string, string>>;
}

/** Which part a line ends, by its type. */
const endsPhase: Readonly<Record<string, JobPhase>> = {
  imported: "libraries and engine",
  start: "weights and tokens",
  evaluation: "validation",
  step: "steps",
  checkpoint: "saving",
  end: "saving",
  result: "saving",
};

interface Message {
  readonly type?: string;
  readonly metrics?: { readonly loss: number; readonly accuracy?: number };
  readonly versions?: Readonly<Record<string, string>>;
}

/** Throws Error if a run never validated, or did not report that its adapter was saved. */
export function readJobLines(lines: readonly TimedLine[]): JobRun {
  const phases = { "libraries and engine": 0, "weights and tokens": 0, validation: 0, steps: 0, saving: 0 };
  let before = 0;
  let metrics: Message["metrics"];
  for (const { seconds, text } of lines) {
    // Written by `lowrank train --json` and peers/job.py.
    const message = JSON.parse(text) as Message;
    const phase = endsPhase[message.type ?? ""];
    if (phase === undefined) continue;
    phases[phase] += seconds - before;
    before = seconds;
    metrics = message.metrics ?? metrics;
    if (message.type !== "result") continue;
    if (metrics === undefined) throw new Error("The run ended without a validation.");
    const { loss, accuracy } = metrics;
    const facts = {
      ...(accuracy === undefined ? {} : { accuracy }),
      ...(message.versions && { versions: message.versions }),
    };
    return { seconds, phases, loss, ...facts };
  }
  throw new Error("The run did not say that it has saved its adapter.");
}
