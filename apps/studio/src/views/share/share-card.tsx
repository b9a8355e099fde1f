// A link to rows and settings, and a picture of the result.

import "./share.css";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { drawCard, type LinkMade } from "../../state/share.ts";
import { failureOf } from "../../worker-client.ts";
import { Card } from "../page/card.tsx";
import { Choice } from "../page/choice.tsx";
import { Problem } from "../page/problem.tsx";
import { saveBlob, useStudio } from "../page/use-studio.ts";
import { BeforeAfter } from "../presets/preset-list.tsx";

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
  if ("problem" in made) return <Problem>{share.problems[made.problem]}</Problem>;
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
  const { card, cards } = state;
  const download = async () => {
    if (card === undefined) return;
    try {
      saveBlob(await drawCard(card, share.card), "lowrank-before-after.png");
      failure.value = undefined;
    } catch (error) {
      failure.value = failureOf(error).message;
    }
  };
  return (
    <>
      <button type="button" disabled={card === undefined} onClick={download}>
        {share.picture}
      </button>
      {card === undefined && <span class="quiet">{share.noPicture}</span>}
      {cards.length > 0 && (
        <Choice
          label={share.pictureOf}
          value={card?.prompt}
          options={[...new Set(cards.map(({ prompt }) => prompt))].map((prompt) => [prompt, prompt])}
          onChange={(prompt) => {
            state.shown.value = prompt;
          }}
        />
      )}
      <Problem>{failure.value}</Problem>
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
  const { rows, model, result } = opened.value;
  return (
    <div class="opened" role="status">
      {share.opened(rows.length, model)}{" "}
      <button type="button" onClick={() => state.undo()}>
        {share.undo}
      </button>
      <button type="button" onClick={() => state.dismiss()}>
        {share.keep}
      </button>
      {result && <BeforeAfter {...result} />}
    </div>
  );
}
