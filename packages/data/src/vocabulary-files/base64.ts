// Bytes as base64, in Node and in a page.

/** The bytes as text. */
export function encodeBase64(bytes: Uint8Array): string {
  let characters = "";
  // The engine takes only so many arguments of one call.
  for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(characters);
}
