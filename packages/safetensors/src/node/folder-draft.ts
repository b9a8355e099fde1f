// Writes a folder that takes long, and continues after a killed process: a draft next to its target, with a journal of how many
// bytes of each file are certainly on the disk.

import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeFailure } from "./errors.ts";
import { nodeFileSystem } from "./file-system.ts";
import { linkTarget } from "./open-file.ts";
import { ContentsFailure, piecesOf, writeFileAtomic } from "./write-file-atomic.ts";

/** A file of such a folder. */
export interface DraftFile {
  readonly name: string;
  /** Its bytes from a position on, the same each time. */
  contents(from: number): AsyncIterable<Uint8Array>;
  /** Results of making the contents. */
  readonly findings?: Findings;
}

/** Results of one process that the next one continues with, stored as JSON with the number of bytes written by then. */
interface Findings {
  save(): unknown;
  /** Receives the results of an earlier process, before any other call. */
  restore(found: unknown): void;
}

/** A file that was written. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Options of a draft. */
export interface DraftRequest {
  /** Identity of this work. A draft with another identity is deleted. */
  readonly identity: string;
  /** Whether to continue an earlier draft. Default false: it is deleted. */
  readonly resume?: boolean;
}

interface Journal {
  readonly identity: string;
  readonly files: Readonly<Record<string, Noted>>;
}

interface Noted {
  readonly bytes: number;
  readonly sha256?: string;
  readonly found?: unknown;
}

const journalName = ".lowrank-journal.json";
/** Bytes between two entries of the journal. */
const stride = 1 << 28;

/** The draft of a folder. Its files are written one after the other, and moved into the folder when all are complete. */
export class FolderDraft {
  readonly #folder: string;
  readonly #target: string;
  readonly #files: Map<string, Noted>;
  readonly #identity: string;

  private constructor(folder: string, target: string, { identity, files }: Journal) {
    this.#folder = folder;
    this.#target = target;
    this.#identity = identity;
    this.#files = new Map(Object.entries(files));
  }

  /** Opens the draft of a folder, or begins one. Throws FileWriteError. */
  static async open(path: string, { identity, resume = false }: DraftRequest): Promise<FolderDraft> {
    const target = await linkTarget(path);
    const folder = draftOf(target);
    try {
      const found = resume ? await journalIn(folder) : undefined;
      if (found?.identity === identity) return new FolderDraft(folder, path, found);
      await rm(folder, { recursive: true, force: true });
      await nodeFileSystem.makeFolders(folder);
      return new FolderDraft(folder, path, { identity, files: {} });
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  /** Number of bytes in the draft of an earlier process; undefined if there is none. */
  static async left(path: string): Promise<number | undefined> {
    const journal = await journalIn(draftOf(await linkTarget(path)));
    return journal && Object.values(journal.files).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of a file that need not be written again. */
  kept(name: string): number {
    return this.#files.get(name)?.bytes ?? 0;
  }

  /** Writes a file, or the rest of it. `onBytes` is called for each piece. Throws DiskFullError, FileWriteError. */
  async write(file: DraftFile, onBytes: (bytes: number) => void = () => {}): Promise<WrittenFile> {
    const { name, contents, findings } = file;
    const known = this.#files.get(name);
    if (known?.found !== undefined) findings?.restore(known.found);
    if (known?.sha256 !== undefined) return { name, bytes: known.bytes, sha256: known.sha256 };
    const path = join(this.#folder, name);
    const pieces = contents(this.kept(name));
    try {
      await nodeFileSystem.makeFolders(dirname(path));
      const opened = await open(path, this.kept(name) > 0 ? "r+" : "w+");
      try {
        return await this.#append(opened, file, { pieces, onBytes });
      } finally {
        await opened.close();
      }
    } catch (error) {
      throw error instanceof ContentsFailure ? error.reason : writeFailure(this.#target, error);
    }
  }

  /** Moves all files into a folder on the same disk. */
  async moveInto(folder: string): Promise<void> {
    for (const name of new Set([...this.#files.keys()].map((file) => file.split("/")[0] ?? file)))
      await rename(join(this.#folder, name), join(folder, name));
  }

  /** Removes the rest of the draft. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #append(
    file: FileHandle,
    { name, findings }: DraftFile,
    { pieces, onBytes }: { readonly pieces: AsyncIterable<Uint8Array>; readonly onBytes: (bytes: number) => void },
  ): Promise<WrittenFile> {
    let bytes = this.kept(name);
    const hash = await hashOf(file, bytes);
    await file.truncate(bytes);
    let noted = bytes;
    let noting = Promise.resolve();
    try {
      for await (const piece of piecesOf(pieces)) {
        const writing = writeAll(file, piece, bytes);
        hash.update(piece); // meanwhile
        await writing;
        bytes += piece.length;
        onBytes(piece.length);
        if (bytes - noted < stride) continue;
        await noting;
        noted = bytes;
        const entry = noteOf(bytes, findings);
        noting = file.datasync().then(() => this.#note(name, entry)); // while the next pieces are made
        noting.catch(() => {}); // the code that awaits it gets the error
      }
    } finally {
      await noting;
    }
    await file.sync();
    const sha256 = hash.digest("hex");
    await this.#note(name, { ...noteOf(bytes, findings), sha256 });
    return { name, bytes, sha256 };
  }

  async #note(name: string, entry: Noted): Promise<void> {
    this.#files.set(name, entry);
    const journal: Journal = { identity: this.#identity, files: Object.fromEntries(this.#files) };
    await writeFileAtomic(join(this.#folder, journalName), JSON.stringify(journal), { overwrite: true });
  }
}

function noteOf(bytes: number, findings: Findings | undefined): Noted {
  const found = findings?.save();
  return found === undefined ? { bytes } : { bytes, found };
}

function draftOf(target: string): string {
  return join(dirname(target), `.lowrank-draft-${basename(target)}`);
}

async function journalIn(folder: string): Promise<Journal | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(join(folder, journalName), "utf8"));
    // Written above, as a whole.
    return typeof found === "object" && found !== null && "identity" in found ? (found as Journal) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the existing bytes again. */
async function hashOf(file: FileHandle, bytes: number): Promise<Hash> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(Math.min(bytes, 1 << 22));
  for (let offset = 0; offset < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - offset), offset);
    if (bytesRead === 0) throw new Error("The draft is shorter than its journal says; remove it.");
    hash.update(buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
  return hash;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
