/** What an upload costs the processor, beside the least that must be done: hash twice, send once. */
import { cpuOf, inTurn } from '../frame/rounds.mjs';
import { protocols, withSending } from '../frame/sending.mjs';
import { secondsText } from '../frame/table.mjs';
import { GiB } from '../frame/workspace.mjs';

export async function measure(workspace, row) {
  await withSending(workspace, async (contestantsOf) => {
    const results = await inTurn(5, contestantsOf(workspace.randomFile(GiB)));
    const digest = cpuOf(results.openssl);
    for (const { name, ours, theirs, atMost } of protocols) {
      const [our, sending] = [results[ours], results[theirs]].map(cpuOf);
      row({
        what: `CPU of \`upload\` of 1 GiB over ${name}, 64 MiB parts ÷ (two \`openssl dgst\` + one \`curl -T\`)`,
        values: our.map((seconds, round) => seconds / (2 * digest[round] + sending[round])),
        bar: { atMost },
        note: `${secondsText(our)} against 2 × ${secondsText(digest)} + ${secondsText(sending)}`,
      });
    }
  });
}
