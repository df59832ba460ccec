-- Roles (Discord) and user groups (Slack): those whose members may organise, and one that a question may call.
-- People are named in `organisers` as before.
ALTER TABLE study_channels ADD COLUMN organiser_groups TEXT NOT NULL DEFAULT '[]';
ALTER TABLE study_channels ADD COLUMN ping_group TEXT;
