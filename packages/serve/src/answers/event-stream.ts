// Server-sent events: each a line of JSON, the last one OpenAI's mark.

import { asRequestError, errorBody } from "./error-answer.ts";

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
