// One prompt, and what the model said to it before and after.

import type { RecordedExample } from "../../presets/recording.ts";
import { useStudio } from "../page/use-studio.ts";

export function BeforeAfter({ example: { prompt, base, adapted } }: { readonly example: RecordedExample }) {
  const { presets } = useStudio().text.value;
  // What the models say is English, whatever the page speaks.
  return (
    <dl class="before-after">
      <dt>{presets.asked}</dt>
      <dd lang="en" class="asked">
        {prompt}
      </dd>
      <dt>{presets.before}</dt>
      <dd lang="en" class="before">
        {base}
      </dd>
      <dt>{presets.after}</dt>
      <dd lang="en" class="after">
        {adapted}
      </dd>
    </dl>
  );
}
