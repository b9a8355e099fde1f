// Failures as OpenAI's clients read them.

import { LowrankError } from "@lowrank/contracts";
import { RequestError } from "../errors.ts";

/** The body of an answer that is an error. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** What the model's packages throw because of what a client asked. */
const badRequest = new Set([
  "EMPTY_PROMPT",
  "GENERATION_OPTION",
  "MODEL_INPUT",
  "POSITION_LIMIT",
  "CHAT_TEMPLATE_MISSING",
  "TEMPLATE_FAILED",
  "EXAMPLE_UNUSABLE",
  "TOKENIZATION_FAILED",
  "POOLING_UNKNOWN",
  "WRONG_TASK",
  "WRONG_USAGE",
]);

/** What came of it as a failure with a status. What nobody foresaw is not told to clients. */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (!LowrankError.isInstance(error)) return new RequestError(500, "INTERNAL", "The server failed at this request.");
  const { code } = error;
  const message = withoutFolders(error.message);
  if (code === "WRITER_FULL") return new RequestError(429, code, message);
  if (code === "WRITER_STOPPED") return new RequestError(503, code, "The server is stopping.");
  if (code === "ADAPTER_GONE") return new RequestError(404, "MODEL_NOT_FOUND", message, "model");
  return new RequestError(badRequest.has(code) ? 400 : 500, code, message);
}

/** Where this machine keeps its files is none of a client's business: of an absolute path the last name is left. */
function withoutFolders(message: string): string {
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

/** The answer's body. It is computed as it is read; a reader that leaves calls `onLeave`. */
export function eventStream(
  events: AsyncGenerator<object, void, undefined>,
  onLeave: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const line = (data: string) => encoder.encode(`data: ${data}\n\n`);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await events.next();
        if (done !== true) return controller.enqueue(line(JSON.stringify(value)));
        controller.enqueue(line("[DONE]"));
      } catch (error) {
        // The status is gone already: the failure is the stream's last event.
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
