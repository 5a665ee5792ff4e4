/** Numbers of the service (developer guide, "limits"), in bytes, counts and milliseconds. */
export const MIB = 1024 * 1024;
export const SMALLEST_PART_BYTES = MIB;
export const LARGEST_PART_BYTES = 4096 * MIB;
export const MOST_PARTS = 10_000;
export const LARGEST_SINGLE_UPLOAD_BYTES = 4096 * MIB;
export const LONGEST_DESCRIPTION = 1024;
export const MOST_VAULTS = 1000;

/** Page sizes. The guide's 1,000 for parts is outdated; 50 is what clients saw since 2012. */
export const PARTS_A_PAGE = 50;
export const UPLOADS_A_PAGE = 50;
export const VAULTS_A_PAGE = 10;
export const JOBS_A_PAGE = 50;

export const DAY_MS = 24 * 60 * 60 * 1000;

/** An upload without a new part for this long may be reclaimed (documented); here it always is. */
export const UPLOAD_LIFE_MS = DAY_MS;

/** How long a repeated Complete or Abort is answered as the first was. "A short period" in the guide; our choice. */
export const TOMBSTONE_LIFE_MS = DAY_MS;

/** A finished job may be downloaded for at least a day (documented); here for exactly that long, or for what is asked for. */
export const JOB_LIFE_MS = DAY_MS;

/** Overhead the service counts into a vault's SizeInBytes for every archive (seen). */
export const ARCHIVE_OVERHEAD_BYTES = 32_768;

/** Requests that carry no archive have no use for a body; more than this is refused unread. */
export const LARGEST_OTHER_BODY_BYTES = MIB;

/** The only version of the API there has been (documented); the text for another one is ours. */
export const API_VERSION = '2012-06-01';
