// Images inside of messages, as OpenAI's API and chat data sets write them.

/** Characters of the longest data URL: 48 MiB of image. */
const longestUrl = 2 ** 26;

/** The bytes of a PNG or JPEG image in a data URL; undefined for any other text, and for more than 48 MiB. */
export function imageInDataUrl(url: string): Uint8Array | undefined {
  const [, base64] = /^data:image\/(?:png|jpeg);base64,(.+)$/is.exec(url.length > longestUrl ? "" : url) ?? [];
  try {
    return base64 === undefined ? undefined : Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined; // not base64
  }
}
