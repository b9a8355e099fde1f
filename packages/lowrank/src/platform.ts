// What differs between Node and a page: where models come from, how files are read, and where results go.

import type { DecodedImage, Example, ReadOptions, RowList } from "@lowrank/data";
import type { ExportOptions } from "@lowrank/merge";
import type { PretrainedModel } from "@lowrank/models";
import type { Notices } from "./notices.ts";
import type { AdapterSource, FolderInput, ModelSource } from "./open/model-source.ts";
import type { RunFolder, RunRequest } from "./run-folder.ts";

/** A path, an address or a name on the Hub; or a folder that a program has in its hands. */
export type ModelInput = string | FolderInput;

/**
 * The path of a data file (in a page: its address), a pattern of paths or the name of a data set on the Hugging Face Hub; a
 * `File`; several of them, whose rows follow each other; or rows as a data file has them.
 */
export type RowsInput = string | File | readonly string[] | readonly object[];

/** A folder that is written to: its path, or in a page what `showDirectoryPicker` gave. */
export type OutputFolder = string | WritableDirectory;

/** The part of `FileSystemDirectoryHandle` that is needed to write. */
export interface WritableDirectory {
  readonly name: string;
  getFileHandle(
    name: string,
    options: { readonly create: true },
  ): Promise<{
    createWritable(): Promise<{ write(data: string | Uint8Array): Promise<void>; close(): Promise<void> }>;
  }>;
  getDirectoryHandle?(name: string, options: { readonly create: true }): Promise<WritableDirectory>;
}

/** Files by name. */
export type FolderFiles = ReadonlyMap<string, string | Uint8Array>;

/** How sources are reached. */
export interface SourceContext {
  readonly notices: Notices;
  readonly fetch?: typeof fetch | undefined;
  /** Of the Hugging Face Hub. */
  readonly accessToken?: string | undefined;
  /** What a data file called "-" means. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** A model to be written. */
export interface ModelOutput extends ExportOptions {
  readonly model: PretrainedModel;
}

/** Pixels of a picture: more than any camera makes. */
export const maxPixels = 100_000_000;

/** Who gathers rows. */
export interface RowStore<Row> {
  add(row: Row): void;
  finish(): RowList<Row>;
}

/** One host. */
export interface Platform {
  /** The machine's memory in bytes; undefined where nobody says. */
  memoryBytes(): number | undefined;
  findModel(given: ModelInput, context: SourceContext): Promise<ModelSource>;
  findAdapter(given: ModelInput, context: SourceContext): Promise<AdapterSource>;
  readRows(given: string, options: ReadOptions, context: SourceContext): Promise<RowList<Example>>;
  /** The name by which the same rows will be read again: of a data set on the Hub the commit that was read. */
  lastingName?(given: string): Promise<string>;
  /** Gathers rows, which go to a disk when they are many, where there is one. */
  keepRows<Row>(): RowStore<Row>;
  /** The same as they come, where the host can. */
  streamRows(given: string, options: ReadOptions, context: SourceContext): AsyncIterable<Example>;
  /** The bytes of a picture or a recording that a row names. Throws MediaError. */
  readMedia(name: string): Promise<Uint8Array>;
  /** The pixels of a picture's bytes. Throws MediaError, DECODER_MISSING. */
  decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage>;
  /** Writes all of it, or nothing. */
  writeFiles(folder: OutputFolder, files: FolderFiles, options: { readonly overwrite: boolean }): Promise<void>;
  /** Claims a folder in which a run keeps itself. */
  openRun(out: string, request: RunRequest): Promise<RunFolder>;
  writeModel(folder: OutputFolder, output: ModelOutput, options: { readonly overwrite: boolean }): Promise<void>;
}
