UPDATE members SET region = 'eu' WHERE region IS NULL;
