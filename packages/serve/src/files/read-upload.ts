// Reads an upload: a form with a file and its purpose.

import { LowrankError } from "@lowrank/contracts";
import { bytesUpTo } from "@lowrank/contracts/internal";
import { withoutFolders } from "../answers/error-answer.ts";
import { InvalidRequestError, RequestError } from "../errors.ts";
import type { StoredFile } from "./stored-file.ts";

export interface UploadRules {
  /** The method that the rows are for. Throws an error that names the lines that cannot be used. */
  check(file: { readonly name: string; readonly content: Uint8Array }): Promise<string>;
  readonly maxFileBytes: number;
}

interface Upload extends Pick<StoredFile, "filename" | "method"> {
  readonly content: Uint8Array;
}

const known = new Set(["file", "purpose"]);

/** Throws RequestError, also for a file with lines that cannot be trained on. */
export async function readUpload(request: Request, { check, maxFileBytes }: UploadRules): Promise<Upload> {
  // Browsers send forms from other sites without a CORS preflight request, but always name their origin.
  if (request.headers.has("origin"))
    throw new RequestError(403, "ORIGIN_NOT_ALLOWED", "Web pages cannot upload files. Use a program.");
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("multipart/form-data"))
    throw new RequestError(415, "WRONG_CONTENT_TYPE", `The body is "${type}"; expected multipart/form-data.`);
  const body = await bytesUpTo(request, maxFileBytes, () => {
    throw new RequestError(413, "BODY_TOO_LARGE", `The upload has more than ${maxFileBytes} bytes.`, "file");
  });
  const form = await formOf(body, type);
  const file = form.get("file");
  const purpose = form.get("purpose");
  const faults = [...new Set(form.keys())].filter((param) => !known.has(param));
  if (faults.length > 0)
    throw new InvalidRequestError(faults.map((param) => ({ param, fault: "this field is not supported" })));
  if (purpose !== "fine-tune")
    throw new InvalidRequestError([{ param: "purpose", fault: 'only "fine-tune" is supported' }]);
  if (!(file instanceof File) || file.name === "") {
    // Clients leave an empty file name out, and the file is a text field then.
    const fault = file === null ? "it is missing" : "its file name is empty; expected a name such as rows.jsonl";
    throw new InvalidRequestError([{ param: "file", fault }]);
  }
  const content = new Uint8Array(await file.arrayBuffer());
  const filename = file.name.slice(0, 255);
  try {
    return { filename, content, method: await check({ name: filename, content }) };
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    throw new RequestError(400, "INVALID_FILE_FORMAT", withoutFolders(error.message), "file");
  }
}

async function formOf(body: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch {
    throw new RequestError(400, "INVALID_FORM", "The body is not a complete form. Send it with a file and a purpose.");
  }
}
