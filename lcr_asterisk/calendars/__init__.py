"""Calendar feeds (iCalendar) as on-call schedules: fetched, kept, read into spans; and schedules written as .ics."""
