// A picture or a recording that cannot be read, among those of a run: hours of training are worth more than one row.

import type { TokenizedExample } from "@lowrank/data";
import { MediaError } from "../errors/media-errors.ts";
import type { Notices } from "../notices.ts";
import type { RowMedia } from "../run-folder.ts";

/** Opens rows; gives undefined for one whose file cannot be read, and tells the first such. Throws DecoderMissingError. */
export function openOrLeaveOut(
  media: RowMedia,
  { warn }: Pick<Notices, "warn">,
): (row: TokenizedExample) => Promise<TokenizedExample | undefined> {
  let isTold = false;
  return async (row) => {
    try {
      return await media.open(row);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      const message = `${error.message} Its row is left out, and so are all like it, without another word.`;
      if (!isTold) warn({ code: "ROWS_SKIPPED", message });
      isTold = true;
      return undefined;
    }
  };
}
