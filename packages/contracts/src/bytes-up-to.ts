// Reads a body that may be larger than it should be.

/** The whole body of a response or a request. `tooLarge` throws; it is called before more than `maxBytes` are kept. */
export async function bytesUpTo(
  { headers, body }: Pick<Response, "headers" | "body">,
  maxBytes: number,
  tooLarge: () => never,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) tooLarge();
  const reader = body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    length += next.value.length;
    if (length > maxBytes) {
      await reader?.cancel();
      tooLarge();
    }
    parts.push(next.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
