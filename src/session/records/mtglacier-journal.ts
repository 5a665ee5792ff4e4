/**
 * mtglacier's journal, versions 0, A, B and C: a line for each archive made or deleted and each job. Source: Journal.pm of
 * vsespb/mt-aws-glacier.
 */
import { archiveRecord, type RecordLine, refused, secondsTime } from './record.js';

const created = /^[ABC]\t(\d{1,20})\tCREATED\t(\S+)\t(\d{1,20})\t([+-]?\d{1,20}|NONE)\t(\S+)\t(.*)$/s;
const created0 = /^(\d{1,20}) CREATED (\S+) (\d{1,20}) (\S+) (.*)$/s;
const deleted = /^(?:[ABC]\t(\d{1,20})\tDELETED\t(\S+)\t|(\d{1,20})\s+DELETED\s+(\S+)\s+)/;
const job = /^(?:[ABC]\t\d{1,20}\tRETRIEVE_JOB\t|\d{1,20}\s+RETRIEVE_JOB\s+)\S/;

/** Whether a file that begins with this line is such a journal. */
export function isMtglacierLine(line: string): boolean {
  return /^(?:[A-Z]\t\d{1,20}\t|\d{1,20}\s+)(?:CREATED|DELETED|RETRIEVE_JOB)\s/.test(line);
}

/**
 * @param isWhole whether the line has its end: mtglacier writes nothing without it
 * @returns null for a line that is of no archive's making or end
 */
export function readMtglacierLine(line: string, isWhole: boolean): RecordLine | null {
  if (!isWhole) return refused('it is cut off');
  const [, time, archiveId, size, mtime, treeHash, name] = created.exec(line) ?? [];
  if (archiveId !== undefined) return archive({ time, archiveId, size, mtime, treeHash, name });
  const [, time0, archiveId0, size0, treeHash0, name0] = created0.exec(line) ?? [];
  if (archiveId0 !== undefined) {
    return archive({ time: time0, archiveId: archiveId0, size: size0, treeHash: treeHash0, name: name0 });
  }
  const [, deletedTime, deletedId, deletedTime0, deletedId0] = deleted.exec(line) ?? [];
  const gone = deletedId ?? deletedId0;
  if (gone !== undefined) return deletion(gone, secondsTime(deletedTime ?? deletedTime0));
  if (job.test(line)) return null;
  return refused(
    /^[D-Z]\t/.test(line) ? 'it is of a newer version of mtglacier' : 'it is no line of a journal',
  );
}

interface Created {
  time: string | undefined;
  archiveId: string;
  size: string | undefined;
  mtime?: string | undefined;
  treeHash: string | undefined;
  name: string | undefined;
}

/** The name of an archive that mtglacier could not read is its ID; then the time means nothing. */
function archive({ time, archiveId, size, mtime, treeHash, name = '' }: Created): RecordLine {
  const isKnown = name !== archiveId && name !== '';
  return archiveRecord(
    { archiveId, size, treeHash, createdAt: secondsTime(time) },
    {
      name: isKnown ? name : null,
      modifiedAt: isKnown ? secondsTime(mtime) : null,
      writer: 'mtglacier',
    },
  );
}

function deletion(archiveId: string, deletedAt: string | null): RecordLine {
  return deletedAt === null
    ? refused('its time is invalid')
    : { kind: 'deleted', archiveId, vault: null, deletedAt };
}
