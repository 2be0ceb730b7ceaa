/** Replaces `@smithy/core/event-streams` in the bundles. No operation of DynamoDB or KMS streams events. */

/** The names under which the SDK's protocols load it. */
export { refuse as EventStreamSerde, refuse as eventStreamSerdeProvider };

function refuse(): never {
  throw new Error("Event streams are left out of the functions' bundles.");
}
