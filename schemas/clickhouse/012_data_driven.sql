-- Written by `cairn attribute`, a run at a time; nothing in the stream reads it.
CREATE TABLE IF NOT EXISTS {{database}}.data_driven{{on_cluster}} (
  computed_at DateTime64(3, 'UTC') COMMENT 'When the run began',
  site LowCardinality(String) COMMENT 'The shop',
  goal LowCardinality(String) COMMENT 'Macro goal',
  steps_of LowCardinality(String) COMMENT 'What a journey is made of: channel or micro',
  model LowCardinality(String) COMMENT 'markov or shapley',
  step String COMMENT 'The channel or micro goal; empty in the one row of what the run no longer found',
  removal_effect Nullable(Float64) COMMENT 'Share of conversions lost without it; null under shapley',
  conversions Float64 COMMENT 'Conversions credited to it',
  low Float64 COMMENT 'Lower end of the middle 95 % of resamples of the visitors',
  high Float64 COMMENT 'Upper end',
  journeys Int64 COMMENT 'Journeys with a step',
  converted Int64 COMMENT 'Those of them that converted',
  since DateTime64(3, 'UTC') COMMENT 'Beginning of the time looked at',
  definitions_number Int32 COMMENT 'Highest definitions among the conversions looked at'
) ENGINE = {{replicated}}MergeTree
PARTITION BY toYYYYMM(computed_at)
ORDER BY (site, goal, steps_of, model, computed_at)
COMMENT 'Data-driven attribution, all runs; read v_data_driven';

CREATE OR REPLACE VIEW {{database}}.v_data_driven{{on_cluster}} (
  computed_at DateTime64(3, 'UTC') COMMENT 'When the run began',
  site LowCardinality(String) COMMENT 'The shop',
  goal LowCardinality(String) COMMENT 'Macro goal',
  steps_of LowCardinality(String) COMMENT 'What a journey is made of: channel (its sessions) or micro (its micro conversions)',
  model LowCardinality(String) COMMENT 'markov (first order, removal effect) or shapley',
  step String COMMENT 'The channel or micro goal',
  removal_effect Nullable(Float64) COMMENT 'Share of conversions lost without it, as the chain has it; null under shapley',
  conversions Float64 COMMENT 'Conversions credited to it; those of a model sum to converted',
  low Float64 COMMENT 'Lower end of the middle 95 % of 200 resamples of the visitors',
  high Float64 COMMENT 'Upper end',
  journeys Int64 COMMENT 'Journeys with a step: those that converted, and those of visitors who did not',
  converted Int64 COMMENT 'Those of them that converted',
  since DateTime64(3, 'UTC') COMMENT 'Beginning of the time looked at',
  definitions_version Int32 COMMENT 'Highest definitions among the conversions looked at'
) AS
SELECT
  computed_at, site, goal, steps_of, model, step, removal_effect, conversions, low, high, journeys, converted, since,
  definitions_number AS definitions_version
FROM {{database}}.data_driven
WHERE step != '' AND (site, goal, steps_of, computed_at) IN (
  SELECT site, goal, steps_of, max(computed_at) FROM {{database}}.data_driven GROUP BY site, goal, steps_of
)
COMMENT 'What the last run of cairn attribute found for each site and goal';
