<?php
$userid = $_SERVER['HTTP_REMOTE_USER'];
$name = rawurldecode($_SERVER['HTTP_REMOTE_NAME']);
$groups = array_map('rawurldecode', explode(',', $_SERVER['HTTP_REMOTE_GROUPS'] ?? ''));

header('Content-Type: text/plain; charset=utf-8');
echo "$name ($userid): ", implode(' · ', $groups);
