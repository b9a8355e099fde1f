// Checks an upload: a form with a file, which the front has written to the disk, and its purpose.

import { LowrankError } from "@lowrank/contracts";
import { withoutFolders } from "../answers/error-answer.ts";
import { InvalidRequestError, RequestError } from "../errors.ts";
import type { SpooledUpload } from "../front/spool-upload.ts";
import type { StoredFile } from "./stored-file.ts";

/** The method that the rows are for. Throws an error that names the lines that cannot be used. */
export type CheckRows = (file: { readonly name: string; readonly path: string }) => Promise<string>;

const known = new Set(["file", "purpose"]);

/** Throws RequestError, also for a file with lines that cannot be trained on. */
export async function checkUpload(
  { headers }: Request,
  upload: SpooledUpload | undefined,
  check: CheckRows,
): Promise<Pick<StoredFile, "filename" | "method" | "bytes">> {
  // Browsers send forms from other sites without a CORS preflight request, but always name their origin.
  if (headers.has("origin"))
    throw new RequestError(403, "ORIGIN_NOT_ALLOWED", "Web pages cannot upload files. Use a program.");
  const type = headers.get("content-type") ?? "";
  if (!type.startsWith("multipart/form-data"))
    throw new RequestError(415, "WRONG_CONTENT_TYPE", `The body is "${type}"; expected multipart/form-data.`);
  if (upload?.isComplete !== true)
    throw new RequestError(400, "INVALID_FORM", "The body is not a complete form. Send it with a file and a purpose.");
  const fields = new Map(upload.fields);
  const faults = [...fields.keys()].filter((param) => !known.has(param));
  if (faults.length > 0)
    throw new InvalidRequestError(faults.map((param) => ({ param, fault: "this field is not supported" })));
  if (fields.get("purpose") !== "fine-tune")
    throw new InvalidRequestError([{ param: "purpose", fault: 'only "fine-tune" is supported' }]);
  const { path, bytes, filename: name = "" } = upload;
  if (name === "") {
    // Clients leave an empty file name out, and the file is a text field then.
    const fault = fields.has("file") ? "its file name is empty; expected a name such as rows.jsonl" : "it is missing";
    throw new InvalidRequestError([{ param: "file", fault }]);
  }
  const filename = name.slice(0, 255);
  try {
    return { filename, bytes, method: await check({ name: filename, path }) };
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    throw new RequestError(400, "INVALID_FILE_FORMAT", withoutFolders(error.message), "file");
  }
}
