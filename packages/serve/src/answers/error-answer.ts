// Error responses in OpenAI's format.

import { LowrankError } from "@lowrank/contracts";
import { RequestError } from "../errors.ts";

/** The body of an error response. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** Codes of errors from other packages that an invalid request causes. */
const badRequestCodes = new Set([
  "EMPTY_PROMPT",
  "GENERATION_OPTION",
  "MODEL_INPUT",
  "POSITION_LIMIT",
  "MEDIA_UNREADABLE",
  "CHAT_TEMPLATE_MISSING",
  "TEMPLATE_FAILED",
  "EXAMPLE_UNUSABLE",
  "TOKENIZATION_FAILED",
  "POOLING_UNKNOWN",
  "WRONG_TASK",
  "WRONG_USAGE",
]);

const schemaCodes = new Set(["UNSUPPORTED_SCHEMA", "TOKENS_WITHOUT_BYTES"]);

/** Any error as a RequestError with a status. Details of unexpected errors are not sent to clients. `schemaField`: the field with a JSON schema. */
export function asRequestError(error: unknown, schemaField = "response_format"): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof Error && "code" in error && error.code === "ENOSPC")
    return new RequestError(500, "DISK_FULL", "No space left on the server's disk. Free some space.");
  if (!LowrankError.isInstance(error)) return new RequestError(500, "INTERNAL", "The server failed at this request.");
  const { code } = error;
  const message = withoutFolders(error.message);
  if (code === "WRITER_FULL") return new RequestError(429, code, message);
  if (code === "WRITER_STOPPED") return new RequestError(503, code, "The server is stopping.");
  if (code === "ADAPTER_GONE") return new RequestError(404, "MODEL_NOT_FOUND", message, "model");
  if (schemaCodes.has(code)) return new RequestError(400, code, message, schemaField);
  return new RequestError(badRequestCodes.has(code) ? 400 : 500, code, message);
}

/** Shortens absolute paths to their last name, because clients must not learn the folders of this machine. */
export function withoutFolders(message: string): string {
  return message
    .replace(/(["'`])(?:[A-Za-z]:)?[\\/][^"'`\n]*[\\/]/g, "$1")
    .replace(/(?<![\w.\\/"'`])(?:[A-Za-z]:)?[\\/](?:[^\s"'`\\/]+[\\/])+/g, "");
}

export function errorBody({ message, status, param, code }: RequestError): ErrorBody {
  const named = code === "POSITION_LIMIT" ? "context_length_exceeded" : code.toLowerCase();
  return { error: { message, type: typeOf(status), param, code: named } };
}

function typeOf(status: number): string {
  if (status === 401 || status === 403) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

/** The body of a streamed response, computed as it is read. A client that disconnects calls `onLeave`. `first` was read already. */
export function eventStream(
  events: AsyncGenerator<object, void, undefined>,
  onLeave: () => void,
  first?: IteratorResult<object, void>,
): ReadableStream<Uint8Array> {
  let ready = first;
  const encoder = new TextEncoder();
  const line = (data: string) => encoder.encode(`data: ${data}\n\n`);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = ready ?? (await events.next());
        ready = undefined;
        if (done !== true) return controller.enqueue(line(JSON.stringify(value)));
        controller.enqueue(line("[DONE]"));
      } catch (error) {
        // The status is sent already, so the error is the stream's last event.
        controller.enqueue(line(JSON.stringify(errorBody(asRequestError(error)))));
      }
      controller.close();
    },
    async cancel() {
      onLeave();
      await events.return().catch(() => undefined);
    },
  });
}
