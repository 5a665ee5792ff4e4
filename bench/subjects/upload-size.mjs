/** What each further GiB of an upload costs the processor, without the start of the programs. */
import { cpuOf, inTurn } from '../frame/rounds.mjs';
import { protocols, withSending } from '../frame/sending.mjs';
import { secondsText } from '../frame/table.mjs';
import { GiB } from '../frame/workspace.mjs';

const furtherGib = 3;

export async function measure(workspace, row) {
  await withSending(workspace, async (contestantsOf) => {
    const one = contestantsOf(workspace.randomFile(GiB));
    const four = contestantsOf(workspace.randomFile((1 + furtherGib) * GiB));
    // Both sizes in each round: what the machine does meanwhile falls on both.
    const results = await inTurn(3, {
      ...one,
      ...Object.fromEntries(Object.entries(four).map(([name, contestant]) => [`four ${name}`, contestant])),
    });
    const further = (name) => {
      const [ofOne, ofFour] = [results[name], results[`four ${name}`]].map(cpuOf);
      return ofFour.map((seconds, round) => (seconds - ofOne[round]) / furtherGib);
    };
    const digest = further('openssl');
    for (const { name, ours, theirs, atMost } of protocols) {
      const [our, sending] = [ours, theirs].map(further);
      row({
        what: `CPU of each further GiB of \`upload\` over ${name}, from 1 to 4 GiB ÷ (two \`openssl dgst\` + one \`curl -T\`)`,
        values: our.map((seconds, round) => seconds / (2 * digest[round] + sending[round])),
        bar: { atMost },
        note: `${secondsText(our)} against 2 × ${secondsText(digest)} + ${secondsText(sending)}`,
      });
    }
  });
}
