// Writes the file of an upload to the disk as it arrives.

import type { formReader } from "./form-reader.ts";

/** A form whose file is on the disk, until its response has ended. */
export interface SpooledUpload {
  readonly path: string;
  readonly bytes: number;
  /** The client's name of the file; undefined without a file. */
  readonly filename: string | undefined;
  /** The other fields, with the beginning of their values. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Whether the form is complete. */
  readonly isComplete: boolean;
}

interface SpoolParts {
  readonly request: import("node:http").IncomingMessage;
  readonly path: string;
  readonly boundary: string;
  readonly maxBytes: number;
}

/** Resolves to "size" for a form with more bytes than allowed, and to "disk" if it cannot be written. Its source text runs in the front thread. */
export function spoolUpload(
  fs: typeof import("node:fs"),
  read: typeof formReader,
  { request, path, boundary, maxBytes }: SpoolParts,
): Promise<SpooledUpload | "size" | "disk"> {
  const [maxFields, maxValue] = [16, 1000];
  const fields: [name: string, value: string][] = [];
  const seen = { form: 0, bytes: 0, filename: undefined as string | undefined, isFile: false, isOver: false };
  const out = fs.createWriteStream(path, { flags: "wx", mode: 0o600 });
  const form = read(boundary, {
    onPart(head) {
      const of = /^content-disposition:.*?[;\s]name="([^"]*)"(?:.*?[;\s]filename="((?:\\"|[^"])*)")?/im.exec(head);
      const [, name, file = ""] = of ?? [];
      seen.isFile = name === "file" && file !== "";
      if (name === undefined || fields.length >= maxFields || (seen.isFile && seen.filename !== undefined))
        throw new Error("no field of a form");
      if (seen.isFile) seen.filename = file.replace(/%22|\\"/g, '"');
      else fields.push([name, ""]);
    },
    onBytes(bytes) {
      const field = fields.at(-1);
      if (seen.isFile) {
        seen.bytes += bytes.length;
        out.write(bytes);
      } else if (field !== undefined) field[1] = `${field[1]}${Buffer.from(bytes).toString("utf8")}`.slice(0, maxValue);
    },
  });
  return new Promise((resolve) => {
    out.on("error", () => resolve("disk"));
    out.on("close", () => request.resume());
    out.on("drain", () => request.resume());
    request.on("close", () => request.complete || out.destroy()); // the client has left
    request.on("data", (chunk: Uint8Array) => {
      seen.form += chunk.length;
      if (seen.isOver || out.destroyed) return;
      try {
        if (seen.form <= maxBytes) form.push(chunk);
        else resolve("size");
        seen.isOver = seen.form > maxBytes;
      } catch {
        seen.isOver = true; // not a form
      }
      if (out.writableNeedDrain) request.pause();
    });
    request.on("end", () => {
      const { bytes, filename } = seen;
      const isComplete = form.isComplete() && !seen.isOver;
      out.end(() => resolve({ path, bytes, filename, fields, isComplete }));
    });
  });
}
