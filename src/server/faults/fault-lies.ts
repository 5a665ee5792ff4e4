import { openMarker } from '../requests/page.js';
import type { Reply } from '../requests/request.js';
import { otherHash } from './fault-replies.js';
import type { FaultPlan } from './faults.js';

interface PartsPage {
  Marker: string | null;
  readonly PartSizeInBytes: number;
  readonly Parts: { RangeInBytes: string; SHA256TreeHash: string }[];
}

/** A ListParts page that lies. Parts are counted from 1, on the page. */
export function lyingPage(plan: FaultPlan, reply: Reply, query: URLSearchParams): Reply {
  const lies = ['repeat-marker', 'omit-part', 'alter-part', 'invent-part'] as const;
  if (!lies.some((lie) => plan.has(lie)) || reply.status !== 200 || reply.body === undefined) return reply;
  const page = JSON.parse(reply.body) as PartsPage;
  const altered = page.Parts[(plan.number('alter-part') ?? 0) - 1];
  if (altered) altered.SHA256TreeHash = otherHash(altered.SHA256TreeHash);
  if (plan.has('invent-part')) page.Parts.push(inventedPart(page));
  const omitted = plan.number('omit-part');
  if (omitted !== undefined && omitted > 0) page.Parts.splice(omitted - 1, 1);
  // Asking with a marker gives the same marker again: who follows it never gets to an end.
  if (plan.has('repeat-marker')) page.Marker = query.get('marker') ?? page.Marker ?? openMarker.write('0');
  return { ...reply, body: JSON.stringify(page) };
}

/** One part more, behind the last one of the page. */
function inventedPart({ Parts, PartSizeInBytes }: PartsPage): PartsPage['Parts'][number] {
  const last = Number(Parts.at(-1)?.RangeInBytes.split('-')[0] ?? -PartSizeInBytes);
  const first = last + PartSizeInBytes;
  return { RangeInBytes: `${first}-${first + PartSizeInBytes - 1}`, SHA256TreeHash: 'f'.repeat(64) };
}
