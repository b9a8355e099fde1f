// A link to rows and settings, and a picture of the result.

import "./share.css";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { LinkMade } from "../../state/share.ts";
import { Card } from "../page/card.tsx";
import { saveBlob, useStudio } from "../page/use-studio.ts";

/** Some chat programs cut off longer links. */
const longLink = 4000;

export function ShareCard() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const made = useSignal<LinkMade | undefined>(undefined);
  const makeLink = () => {
    state.copied.value = undefined;
    const now = state.makeLink(location.href);
    made.value = now;
    if ("link" in now) void state.copy(now.link);
  };
  if (!state.hasContent) return null;
  return (
    <Card id="share" title={share.title} lead={share.lead} place="wide">
      <div class="row">
        <button type="button" onClick={makeLink}>
          {share.copy}
        </button>
        <PictureButton />
      </div>
      {made.value && <MadeLink made={made.value} />}
    </Card>
  );
}

function MadeLink({ made }: { readonly made: LinkMade }) {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const id = useId();
  if ("problem" in made) {
    return (
      <p class="problem" role="alert">
        {share.problems[made.problem]}
      </p>
    );
  }
  return (
    <div class="made-link">
      <label for={id}>{share.link}</label>
      <input id={id} type="text" readOnly value={made.link} onFocus={(event) => event.currentTarget.select()} />
      <p class="quiet" role="status">
        {state.copied.value === "yes" && share.copied} {state.copied.value === "no" && share.notCopied}{" "}
        <span class="figure">{share.length(made.link.length)}</span> {made.link.length > longLink && share.long}
      </p>
    </div>
  );
}

function PictureButton() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const failure = useSignal<string | undefined>(undefined);
  const { card } = state;
  const download = async () => {
    if (card === undefined) return;
    try {
      saveBlob(await state.drawCard(card, share.card), "lowrank-before-after.png");
      failure.value = undefined;
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <>
      <button type="button" disabled={card === undefined} onClick={download}>
        {share.picture}
      </button>
      <span class="quiet">{card === undefined ? share.noPicture : share.pictureLead}</span>
      {failure.value && (
        <span class="problem" role="alert">
          {failure.value}
        </span>
      )}
    </>
  );
}

export function OpenedLink() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const { opened, problem } = state;
  if (problem.value !== undefined) {
    return (
      <p class="failure" role="alert">
        {share.problems[problem.value]}{" "}
        <button type="button" onClick={() => state.dismiss()}>
          {share.keep}
        </button>
      </p>
    );
  }
  if (opened.value === undefined) return null;
  return (
    <p class="opened" role="status">
      {share.opened(opened.value)}{" "}
      <button type="button" onClick={() => state.undo()}>
        {share.undo}
      </button>
      <button type="button" onClick={() => state.dismiss()}>
        {share.keep}
      </button>
    </p>
  );
}
