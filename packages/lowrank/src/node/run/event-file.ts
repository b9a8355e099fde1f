// TensorBoard's event file: protocol buffer records, each with its length and two checksums (TFRecord). Scalars need so few
// fields that a library would be larger than this code.

import { protobufField } from "@lowrank/contracts/internal";
import { joinPieces } from "@lowrank/safetensors";
import type { TrainingEvent } from "@lowrank/trainer";

interface Scalar {
  readonly tag: string;
  /** Float32 in the file. */
  readonly value: number;
}

interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: readonly Scalar[];
}

function eventFileHeader(wallTime: number): Uint8Array {
  // Event { double wall_time = 1; string file_version = 3; }
  return recordOf(message(double(1, wallTime), protobufField(3, "brain.Event:2")));
}

function scalarRecord({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  // Event { int64 step = 2; Summary summary = 5 { repeated Value value = 1 { string tag = 1; float simple_value = 2; } } }
  const values = scalars.map(({ tag, value }) => protobufField(1, message(protobufField(1, tag), float(2, value))));
  return recordOf(message(double(1, wallTime), protobufField(2, step), protobufField(5, message(...values))));
}

/** The length as uint64, the length's checksum, the data, the data's checksum. */
function recordOf(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

function message(...fields: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...field]));
}

/** A field of eight bytes: wire type 1. */
function double(field: number, value: number): readonly number[] {
  return [field * 8 + 1, ...new Uint8Array(Float64Array.of(value).buffer)];
}

/** A field of four bytes: wire type 5. */
function float(field: number, value: number): readonly number[] {
  return [field * 8 + 5, ...new Uint8Array(Float32Array.of(value).buffer)];
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (table[(rest ^ byte) & 0xff] ?? 0);
  return (rest ^ 0xffffffff) >>> 0;
}

/** As TensorFlow's record writer masks it. */
function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// The scalars of a run for TensorBoard: a new file each time the run starts or resumes, as TensorBoard expects.

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

  add(event: TrainingEvent): void {
    const scalars = scalarsOf(event);
    if (scalars.length === 0 || !("step" in event)) return;
    this.#parts.push(scalarRecord({ wallTime: this.#now() / 1000, step: event.step, scalars }));
  }

  bytes(): Uint8Array {
    return joinPieces(this.#parts);
  }
}

function scalarsOf(event: TrainingEvent): readonly Scalar[] {
  if (event.type === "evaluation") {
    return Object.entries(event.metrics).map(([name, value]) => ({ tag: `validation/${name}`, value }));
  }
  if (event.type !== "step") return [];
  const { loss, learningRate, gradientNorm, tokensPerSecond, metrics = {} } = event;
  return [
    { tag: "train/loss", value: loss },
    { tag: "train/learningRate", value: learningRate },
    { tag: "train/gradientNorm", value: gradientNorm },
    ...(tokensPerSecond === undefined ? [] : [{ tag: "train/tokensPerSecond", value: tokensPerSecond }]),
    ...Object.entries(metrics).map(([name, value]) => ({ tag: `train/${name}`, value })),
  ];
}
