// What a run tells TensorBoard: a file of its own for each time that the run is begun or gone on with, as TensorBoard expects it.

import type { TrainingEvent } from "@lowrank/trainer";
import { eventFileHeader, type Scalar, scalarRecord } from "./event-file.ts";

/** Collects the numbers of a run; the file is written with the adapter. */
export class EventLog {
  /** TensorBoard looks for "tfevents", and reads files in the order of their names. */
  readonly name: string;
  readonly #parts: Uint8Array[];
  readonly #now: () => number;

  /** `now` gives milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    const seconds = now() / 1000;
    this.#now = now;
    this.name = `events.out.tfevents.${Math.floor(seconds)}.lowrank`;
    this.#parts = [eventFileHeader(seconds)];
  }

  /** Notes what has numbers. */
  add(event: TrainingEvent): void {
    const scalars = scalarsOf(event);
    if (scalars.length === 0 || !("step" in event)) return;
    this.#parts.push(scalarRecord({ wallTime: this.#now() / 1000, step: event.step, scalars }));
  }

  /** The file so far. */
  bytes(): Uint8Array {
    const file = new Uint8Array(this.#parts.reduce((size, part) => size + part.length, 0));
    let start = 0;
    for (const part of this.#parts) {
      file.set(part, start);
      start += part.length;
    }
    return file;
  }
}

function scalarsOf(event: TrainingEvent): readonly Scalar[] {
  if (event.type === "evaluation") {
    return Object.entries(event.metrics).map(([name, value]) => ({ tag: `validation/${name}`, value }));
  }
  if (event.type !== "step") return [];
  const { loss, learningRate, gradientNorm, tokensPerSecond } = event;
  return [
    { tag: "train/loss", value: loss },
    { tag: "train/learningRate", value: learningRate },
    { tag: "train/gradientNorm", value: gradientNorm },
    ...(tokensPerSecond === undefined ? [] : [{ tag: "train/tokensPerSecond", value: tokensPerSecond }]),
  ];
}
