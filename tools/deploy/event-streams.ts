/** Stands for `@smithy/core/event-streams` in the bundles: no operation of DynamoDB or KMS streams events. */

/** Under the names by which the SDK's protocols load it. */
export { refuse as EventStreamSerde, refuse as eventStreamSerdeProvider };

function refuse(): never {
  throw new Error("Event streams are left out of the functions' bundles.");
}
