// Opens a model in several files: model.safetensors.index.json names the file of each tensor, and must be correct.

import { listed } from "@lowrank/contracts";
import { enumerated, printable, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { ByteSource } from "../byte-source.ts";
import { type ReadOptions, readOptionNames } from "../byte-source.ts";
import { SafetensorsError } from "../errors.ts";
import { JsonReader, JsonSyntaxError } from "../header/json-reader.ts";
import { openSafetensors, type SafetensorsFile } from "./open.ts";
import { type LocatedTensor, LocatedTensors, type TensorCollection } from "./tensor-collection.ts";

/** The contents of an index file. */
export interface ShardIndex {
  /** Tensor name → plain file name. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** Sum of the tensors' bytes in the index; often wrong in practice. */
  readonly totalSize: number | undefined;
}

/** A folder whose files can be opened by name. */
export interface ShardFolder {
  open(name: string): Promise<ByteSource>;
}

const maximumIndexLength = 100_000_000;
const maximumShards = 10_000;

/**
 * Opens a model in several files. The shards must have exactly the tensors of the index, each in the named file. A wrong
 * `total_size` is only a warning.
 *
 * @param folder Opens a shard by its file name, which is checked to be a plain name before.
 * @param indexJson The text of `model.safetensors.index.json`.
 * @throws {SafetensorsError} `InvalidIndex` listing all that is wrong; else as `openSafetensors`. Nothing stays open.
 */
export async function openShardedSafetensors(
  folder: ShardFolder,
  indexJson: string,
  options: ReadOptions = {},
): Promise<TensorCollection> {
  refuseUnknownOptions("openShardedSafetensors", options, readOptionNames);
  return openShards(folder, parseShardIndex(indexJson), options);
}

/** Like `openShardedSafetensors`, for a parsed index. */
export async function openShards(
  folder: ShardFolder,
  index: ShardIndex,
  options: ReadOptions,
): Promise<TensorCollection> {
  const files = new Map<string, SafetensorsFile>();
  const sources: ByteSource[] = [];
  try {
    for (const name of [...new Set(index.weightMap.values())].sort()) {
      const source = await folder.open(name);
      sources.push(source);
      files.set(name, await openSafetensors(source, options));
    }
    return combine(index, files, options);
  } catch (error) {
    await Promise.allSettled(sources.map((source) => source.close?.()));
    throw error;
  }
}

/** Parses an index file. Throws `InvalidIndex` for anything but an object with a `weight_map` of plain file names. */
export function parseShardIndex(indexJson: string): ShardIndex {
  if (indexJson.length > maximumIndexLength) throw invalidIndex(`it is longer than ${maximumIndexLength} characters`);
  const weightMap = new Map<string, string>();
  let hasWeightMap = false;
  let totalSize: number | undefined;
  const reader = new JsonReader(indexJson);
  try {
    reader.readObject((key) => {
      if (key === "weight_map") {
        hasWeightMap = true;
        reader.readObject((name) => weightMap.set(name, reader.readString()));
      } else if (key === "metadata" && reader.startsWith("{")) {
        reader.readObject((field) => {
          const value = Number(reader.skipValue());
          if (field === "total_size" && Number.isFinite(value)) totalSize = value;
        });
      } else reader.skipValue();
    });
    reader.end();
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw invalidIndex(printable(cause.message), cause);
  }
  if (!hasWeightMap) throw invalidIndex("it has no weight_map");
  checkFileNames(new Set(weightMap.values()));
  return { weightMap, totalSize };
}

function checkFileNames(names: ReadonlySet<string>): void {
  const bad = [...names].filter((name) => !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,250}\.safetensors$/.test(name));
  if (bad.length > 0) throw invalidIndex(`it names files that are not plain .safetensors names: ${listed(bad)}`);
  if (names.size > maximumShards) throw invalidIndex(`it names ${names.size} files, more than ${maximumShards}`);
}

function combine(
  index: ShardIndex,
  files: ReadonlyMap<string, SafetensorsFile>,
  options: ReadOptions,
): TensorCollection {
  const located = new Map<string, LocatedTensor>();
  const metadata = new Map<string, string>();
  const strays: string[] = [];
  let size = 0;
  for (const [fileName, file] of files) {
    for (const [key, value] of file.metadata) if (!metadata.has(key)) metadata.set(key, value);
    for (const [name, info] of file.tensors) {
      size += info.end - info.begin;
      if (index.weightMap.get(name) !== fileName) strays.push(`"${printable(name)}" in ${fileName}`);
      else located.set(name, { info, source: file.source, dataStart: file.dataStart });
    }
  }
  const missing = [...index.weightMap].filter(([name]) => !located.has(name));
  const problems = [
    ...(strays.length > 0 ? [`files have tensors that it does not list there: ${enumerated(strays)}`] : []),
    ...(missing.length > 0
      ? [
          `tensors are missing in their files: ${enumerated(missing.map(([name, file]) => `"${printable(name)}" in ${file}`))}`,
        ]
      : []),
  ];
  if (problems.length > 0) throw invalidIndex(problems.join("; "));
  if (index.totalSize !== undefined && index.totalSize !== size) {
    const message = `The index has a total_size of ${index.totalSize} bytes, but its tensors have ${size}.`;
    options.onWarning?.({ code: "TOTAL_SIZE_MISMATCH", message });
  }
  return new LocatedTensors(
    located,
    metadata,
    Array.from(files.values(), (file) => file.source),
  );
}

function invalidIndex(problem: string, cause?: unknown): SafetensorsError {
  return new SafetensorsError("InvalidIndex", `The index of the shards is invalid: ${problem}.`, { cause });
}
